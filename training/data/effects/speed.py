"""Speech played faster or slower."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.data.effects.base import Effect
from training.data.state import State
from training.tables import Range, check_range


@dataclass(frozen=True, kw_only=True)
class Speed(Effect):
    """Clips of speech played at another speed, pitch and all: other voices, of larger and smaller people.

    Attributes
    ----------
    range
        Range of the speed.
    """

    kind = "speed"
    before: ClassVar[tuple[str, ...]] = ("speech",)
    after: ClassVar[tuple[str, ...]] = ()
    needs_speech: ClassVar[bool] = True
    needs_clips: ClassVar[bool] = True

    range: Range = (0.85, 1.2)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(0.1, 10, range=self.range)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Draw the speed."""
        state.speech_speed = float(rng.uniform(*self.range))
