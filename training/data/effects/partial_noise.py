"""Noise in a part of the mixture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.data.effects.base import Effect
from training.data.filters import log_uniform
from training.data.state import NOISE, State
from training.tables import Range, check_range


@dataclass(frozen=True, kw_only=True)
class PartialNoise(Effect):
    """Noise that begins or ends inside the mixture.

    Attributes
    ----------
    at
        Range of the place, as a share of the mixture.
    ramp_seconds
        Range of the time that it takes, drawn from on a logarithmic scale.
    """

    kind = "partial_noise"
    after: ClassVar[tuple[str, ...]] = ("noise", "second_noise", "snr")
    needs_speech: ClassVar[bool] = True
    needs_noise: ClassVar[bool] = True

    at: Range = (0.2, 0.8)
    ramp_seconds: Range = (0.005, 0.5)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(0, 1, at=self.at)
        check_range(1e-4, 100, ramp_seconds=self.ramp_seconds)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Fade the noise in or out."""
        start = rng.uniform(*self.at) * state.samples
        ramp = log_uniform(rng, *self.ramp_seconds) * state.rate
        gain = np.clip((np.arange(state.samples) - start) / ramp, 0, 1).astype(np.float32)
        state.put(NOISE, state.noise * (gain if rng.random() < 0.5 else 1 - gain))
