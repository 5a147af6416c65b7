"""A noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.data.effects.base import Effect
from training.data.state import State


@dataclass(frozen=True, kw_only=True)
class Noise(Effect):
    """Draw a noise: from one of the sources of the mixing, or a clip of a corpus."""

    kind = "noise"
    before: ClassVar[tuple[str, ...]] = ("snr", "second_noise")
    after: ClassVar[tuple[str, ...]] = ()
    needs_noise: ClassVar[bool] = True
    needs_clips: ClassVar[bool] = True

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Draw it."""
        state.noises.append(state.pools.draw_noise(rng, state.noise_speeds))
