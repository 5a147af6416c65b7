"""Colours of microphones and rooms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.effects.base import Effect
from training.data.filters import log_uniform, peak, shelf
from training.data.state import ALL, NOISE, SPEECH, TARGET, State
from training.tables import check_choice, check_least

ROWS = {"speech": (SPEECH, TARGET), "noise": (NOISE,), "mixture": ALL}
"""What a colour may be given to."""


@dataclass(frozen=True, kw_only=True)
class Colour(Effect):
    """Colour as microphones and rooms do: a low shelf, a high shelf and a peak, corners drawn on a logarithmic scale.

    Attributes
    ----------
    of
        "speech", "noise" or "mixture": what is coloured.
    max_db
        Greatest gain or cut of each of the three, in dB.
    """

    kind = "colour"

    of: str = "mixture"
    max_db: float = 9.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(ROWS, of=self.of)
        check_least(0, max_db=self.max_db)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Filter."""
        rate, nyquist, most = state.rate, state.rate / 2, self.max_db
        response = shelf(rate, log_uniform(rng, 80, 400), rng.uniform(-most, most), "low")
        response *= shelf(rate, log_uniform(rng, 0.2 * nyquist, 0.8 * nyquist), rng.uniform(-most, most), "high")
        response *= peak(rate, log_uniform(rng, 150, 0.8 * nyquist), rng.uniform(-most, most), rng.uniform(0.5, 2.0))
        state.shape(response, ROWS[self.of])
