"""Level of the mixture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.audio import active_power, amplitude
from training.data.effects.base import Effect
from training.data.state import State
from training.tables import Range, check_range


@dataclass(frozen=True, kw_only=True)
class Level(Effect):
    """Bring the mixture to a level.

    Attributes
    ----------
    range_dbfs
        Range of its active level, in dB of full scale.
    """

    kind = "level"

    range_dbfs: Range = (-45.0, -12.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(-200, 100, range_dbfs=self.range_dbfs)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Scale all."""
        level_dbfs = rng.uniform(*self.range_dbfs)
        power = active_power(state.noisy, state.rate)
        if power > 0:
            state.scale(amplitude(level_dbfs) / np.sqrt(power))
