"""Babble: several talkers at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.audio import amplitude
from training.data.pools import Pools
from training.data.sources.base import Source
from training.data.state import Noise, unit
from training.tables import Range, check_least, check_range


@dataclass(frozen=True, kw_only=True)
class Babble(Source):
    """The talkers of the speech corpora, several at once.

    Attributes
    ----------
    voices
        Least and greatest number of talkers.
    level_db
        Range of the level of each of them.
    pause_seconds
        Range of the pauses of each of them.
    """

    kind = "babble"

    voices: tuple[int, int] = (3, 8)
    level_db: Range = (-9.0, 0.0)
    pause_seconds: Range = (0.0, 0.5)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(level_db=self.level_db, voices=self.voices)
        check_range(0, 60, pause_seconds=self.pause_seconds)
        check_least(1, voices=self.voices[0])

    def __call__(self, rng: np.random.Generator, pools: Pools) -> Noise:
        """Add talkers up."""
        voices = int(rng.integers(self.voices[0], self.voices[1] + 1))
        noise = np.zeros(pools.samples, np.float32)
        for _ in range(voices):
            voice = unit(pools.draw_voice(rng, self.pause_seconds))
            noise += voice * np.float32(amplitude(rng.uniform(*self.level_db)))
        return Noise(unit(noise), f"babble/{voices}", recorded=False)
