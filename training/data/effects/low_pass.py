"""Treble that ends somewhere, in speech and noise alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.effects.base import Effect
from training.data.filters import log_uniform, low_pass
from training.data.state import State
from training.tables import Range, check_least, check_range


@dataclass(frozen=True, kw_only=True)
class LowPass(Effect):
    """Cut speech and noise alike, so that treble is a sign of neither.

    Attributes
    ----------
    cut_hz
        Range of the frequency, drawn from on a logarithmic scale.
    rates
        If there are any, material of one of these sampling rates is imitated instead.
    """

    kind = "low_pass"

    cut_hz: Range = (3400.0, 20000.0)
    rates: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(500, 1e5, cut_hz=self.cut_hz)
        check_least(1000, rates=min(self.rates, default=8000))

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Filter, where the cut is within the band."""
        cut_hz = float(rng.choice(self.rates)) / 2 if self.rates else log_uniform(rng, *self.cut_hz)
        if cut_hz < state.rate / 2:
            state.shape(low_pass(state.rate, cut_hz))
