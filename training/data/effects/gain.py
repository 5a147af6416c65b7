"""More or less gain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.audio import amplitude
from training.data.effects.base import Effect
from training.data.state import State
from training.tables import Range, check_range


@dataclass(frozen=True, kw_only=True)
class Gain(Effect):
    """Turn the mixture up or down, without a limit: a network should do the same at any level.

    Attributes
    ----------
    range_db
        Range of the gain.
    """

    kind = "gain"

    range_db: Range = (-60.0, 20.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(-200, 100, range_db=self.range_db)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Scale all."""
        state.scale(amplitude(rng.uniform(*self.range_db)))
