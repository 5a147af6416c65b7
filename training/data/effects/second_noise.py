"""Two noises at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.audio import amplitude
from training.data.effects.base import Effect
from training.data.state import State
from training.tables import Range, check_range


@dataclass(frozen=True, kw_only=True)
class SecondNoise(Effect):
    """Draw another noise beside the first.

    Attributes
    ----------
    level_db
        Range of its level beside the first.
    """

    kind = "second_noise"
    before: ClassVar[tuple[str, ...]] = ("snr",)
    after: ClassVar[tuple[str, ...]] = ("noise",)
    needs_noise: ClassVar[bool] = True
    needs_clips: ClassVar[bool] = True

    level_db: Range = (-12.0, 0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(level_db=self.level_db)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Draw it."""
        noise = state.pools.draw_noise(rng, state.noise_speeds)
        noise.audio = noise.audio * np.float32(amplitude(rng.uniform(*self.level_db)))
        state.noises.append(noise)
