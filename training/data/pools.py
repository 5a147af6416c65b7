"""What effects draw from: clips of speech, noise and music, noises made in code, and rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.audio import Audio
from training.data.filters import log_uniform
from training.data.rooms import RecordedRooms, RoomBank
from training.data.sampler import Sampler
from training.data.state import Noise, unit

if TYPE_CHECKING:
    from training.data.sources.base import Source

Range = tuple[float, float]


@dataclass(frozen=True)
class Pools:
    """Everything that a mixture is drawn from.

    Attributes
    ----------
    rate
        In Hz.
    samples
        Length of a mixture.
    speech, noise
        Clips.
    music
        Clips of music, if there are any.
    sources
        Noises made in code or of voices, each with its share; recorded noise has the rest.
    rooms
        Simulated rooms.
    recorded_rooms
        Recorded ones, if there are any.
    pause_seconds
        Range of the pause before each clip of speech.
    noise_pause_seconds
        Range of the pause before each repetition of a noise shorter than a second (a key, a knock).
    teaches
        Whether a teacher may be asked: it is not when mixtures are made to validate on.
    """

    rate: int
    samples: int
    speech: Sampler
    noise: Sampler
    music: Sampler | None
    sources: tuple[Source, ...]
    rooms: RoomBank
    recorded_rooms: RecordedRooms | None
    pause_seconds: Range
    noise_pause_seconds: Range
    teaches: bool = True

    def draw_noise(self, rng: np.random.Generator, speeds: Range) -> Noise:
        """Draw a noise of unit power: from a source by its share, else a clip played at a speed of the range."""
        at = rng.random()
        for source in self.sources:
            at -= source.share
            if at < 0:
                return source(rng, self)
        return self.draw_recorded(rng, speeds)

    def draw_recorded(self, rng: np.random.Generator, speeds: Range) -> Noise:
        """Draw a stretch of recorded noise, of unit power."""
        speed = 1.0 if speeds == (1.0, 1.0) else log_uniform(rng, *speeds)
        audio, name = self.noise.noise(rng, self.samples, self.noise_pause_seconds, speed)
        return Noise(unit(audio), name, recorded=True)

    def draw_voice(self, rng: np.random.Generator, pauses: Range, speed: float = 1.0) -> Audio:
        """Draw a stretch of speech, as a noise."""
        return self.speech.speech(rng, self.samples, pauses, speed)[0]
