"""Recorded noise played faster or slower."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.data.effects.base import Effect
from training.data.state import State
from training.tables import Range, check_range


@dataclass(frozen=True, kw_only=True)
class NoiseSpeed(Effect):
    """Recorded noises played at other speeds, pitch and all.

    Attributes
    ----------
    range
        Range of the speed of each noise, drawn from on a logarithmic scale.
    """

    kind = "noise_speed"
    before: ClassVar[tuple[str, ...]] = ("noise", "second_noise")
    after: ClassVar[tuple[str, ...]] = ()
    needs_noise: ClassVar[bool] = True
    needs_clips: ClassVar[bool] = True

    range: Range = (0.7, 1.4)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(0.05, 20, range=self.range)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Tell the draws of noise."""
        state.noise_speeds = self.range
