"""Spectra tilted about 1 kHz."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.audio import amplitude
from training.data.effects.base import Effect
from training.data.filters import shelf
from training.data.state import State
from training.tables import check_least


@dataclass(frozen=True, kw_only=True)
class Tilt(Effect):
    """Tilt the spectrum about 1 kHz: what the treble gains the bass loses.

    Attributes
    ----------
    max_db
        Greatest gain or loss of either, in dB.
    """

    kind = "tilt"

    max_db: float = 6.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(0, max_db=self.max_db)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Filter."""
        gain_db = rng.uniform(-self.max_db, self.max_db)
        state.shape(shelf(state.rate, 1000.0, 2 * gain_db, "high") * np.float32(amplitude(-gain_db)))
