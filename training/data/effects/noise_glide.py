"""Recorded noise whose speed wanders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.audio import Audio
from training.data.effects.base import RecordedNoiseEffect
from training.data.filters import log_uniform
from training.data.state import Noise, State
from training.tables import Range, check_least, check_range


@dataclass(frozen=True, kw_only=True)
class NoiseGlide(RecordedNoiseEffect):
    """Recorded noise whose speed wanders, pitch and all: calls and tones that no recording holds.

    The speed's logarithm passes through points, drawn from a normal distribution, in straight lines; what is played is
    all of the audio.

    Attributes
    ----------
    point_seconds
        Range of the distance of the points.
    deviation
        Of the speed's logarithm.
    """

    kind = "noise_glide"

    point_seconds: Range = (0.1, 1.0)
    deviation: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(0.001, 1000, point_seconds=self.point_seconds)
        check_least(0, deviation=self.deviation)

    def change(self, rng: np.random.Generator, noise: Noise, state: State) -> Audio:
        """Bend it."""
        samples = len(noise.audio)
        points = 2 + int(samples / state.rate / log_uniform(rng, *self.point_seconds))
        turns = rng.normal(0, self.deviation, points)
        speed = np.exp(np.interp(np.linspace(0, points - 1, samples), np.arange(points), turns))
        at = np.cumsum(speed)
        at = (at - at[0]) * ((samples - 1) / max(at[-1] - at[0], 1.0))
        return np.asarray(np.interp(at, np.arange(samples), noise.audio), dtype=np.float32)
