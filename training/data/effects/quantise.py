"""Rounding of codecs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.audio import Audio
from training.data.effects.base import Effect
from training.data.state import NOISE, State
from training.tables import check_least

MU = 255.0
"""Of G.711 mu-law."""


@dataclass(frozen=True, kw_only=True)
class Quantise(Effect):
    """Round the mixture as a codec does, which is noise: mu-law of 8 bits (G.711), or linear and undithered.

    Attributes
    ----------
    bits
        Least and greatest number of bits of linear rounding.
    """

    kind = "quantise"
    after: ClassVar[tuple[str, ...]] = ("snr", "level", "peak")

    bits: tuple[int, int] = (8, 12)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(2, bits=self.bits[0])
        if self.bits[1] < self.bits[0]:
            raise ValueError(f"bits is {self.bits}; the lower comes first.")

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Round."""
        linear = rng.random() >= 0.5
        bits = int(rng.integers(self.bits[0], self.bits[1] + 1))
        state.put(NOISE, (rounded(state.noisy, bits) if linear else mu_law(state.noisy)) - state.speech)


def mu_law(audio: Audio) -> Audio:
    """Pass through mu-law of 8 bits."""
    companded = np.sign(audio) * np.log1p(MU * np.minimum(np.abs(audio), 1)) / np.log1p(MU)
    companded = np.round(companded * 127) / 127
    return np.asarray(np.sign(companded) * np.expm1(np.abs(companded) * np.log1p(MU)) / MU, np.float32)


def rounded(audio: Audio, bits: int) -> Audio:
    """Round to so many bits."""
    steps = 2.0 ** (bits - 1)
    return (np.round(audio * steps) / steps).astype(np.float32)
