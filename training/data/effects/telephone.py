"""The telephone band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.effects.base import Effect
from training.data.filters import band_pass
from training.data.state import State
from training.tables import Range, check_range


@dataclass(frozen=True, kw_only=True)
class Telephone(Effect):
    """Leave the telephone band, 24 dB an octave on either side.

    Attributes
    ----------
    low_hz, high_hz
        Ranges of its ends.
    """

    kind = "telephone"

    low_hz: Range = (200.0, 400.0)
    high_hz: Range = (3200.0, 3600.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(1, 1e5, low_hz=self.low_hz, high_hz=self.high_hz)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Filter."""
        state.shape(band_pass(state.rate, rng.uniform(*self.low_hz), rng.uniform(*self.high_hz)))
