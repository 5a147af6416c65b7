"""A teacher's estimate as the speech wanted back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.data import teacher
from training.data.effects.base import Effect
from training.data.filters import band_of
from training.data.state import TARGET, State, power
from training.tables import check_choice, check_least


@dataclass(frozen=True, kw_only=True)
class Taught(Effect):
    """Take a teacher's estimate of the speech for the speech wanted back, up to a frequency.

    A network that hears the same noises a hundred times knows them by heart; what another one makes of a mixture tells
    only what can be told without that. The estimate is taken only where it is nearer to the clean speech than the
    mixture is. It is not taken of mixtures to validate on.

    Attributes
    ----------
    by
        The teacher, one of `training.data.teacher.TEACHERS`.
    below_hz
        Up to which frequency; above it the clean speech stays.
    """

    kind = "taught"
    after: ClassVar[tuple[str, ...]] = ("snr", "partial_noise")
    before: ClassVar[tuple[str, ...]] = ("clip", "quantise")
    needs_speech: ClassVar[bool] = True
    needs_noise: ClassVar[bool] = True
    needs_clips: ClassVar[bool] = True

    by: str = "mean"
    below_hz: float = 8000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(teacher.TEACHERS, by=self.by)
        check_least(500, below_hz=self.below_hz)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Ask the teacher."""
        if not state.pools.teaches:
            return
        noisy, target = state.noisy, state.target
        error = teacher.TEACHERS[self.by].clean(noisy, state.rate) - target
        if power(error) < power(noisy - target):
            state.put(TARGET, target + band_of(round(2 * self.below_hz), error, state.rate))
            state.taught = True
