"""Ratio of speech to noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.audio import active_power, amplitude
from training.data.effects.base import Effect
from training.data.state import NOISE, State, power
from training.tables import Range, check_range


@dataclass(frozen=True, kw_only=True)
class Snr(Effect):
    """Bring the noise to a ratio to the speech: the speech's active power over the noise's power.

    Of mixtures that a teacher has heard it leaves the ratio at which it heard them.

    Attributes
    ----------
    range_db
        Range of the ratio.
    """

    kind = "snr"
    after: ClassVar[tuple[str, ...]] = ("speech", "noise", "second_noise")
    needs_speech: ClassVar[bool] = True
    needs_noise: ClassVar[bool] = True

    range_db: Range = (0.0, 0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(-200, 200, range_db=self.range_db)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Scale the noise."""
        snr_db = float(rng.uniform(*self.range_db))
        of_noise = power(state.noise)
        if state.taught or of_noise == 0:
            return
        ratio = active_power(state.speech, state.rate) / of_noise
        state.put(NOISE, state.noise * np.float32(np.sqrt(ratio) * amplitude(-snr_db)))
        state.snr_db = snr_db
