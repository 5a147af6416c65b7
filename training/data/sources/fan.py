"""Fans and motors."""

from __future__ import annotations

import numpy as np

from training.audio import Audio, amplitude
from training.data.sources.coloured import coloured
from training.data.sources.waves import harmonics
from training.data.state import unit

Generator = np.random.Generator


def fan(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Fan or motor: falling noise, beating with the turns, and tones of the blades."""
    turns = rng.uniform(8.0, 60.0)
    blades = int(rng.integers(3, 12))
    time = np.arange(samples, dtype=np.float32) / sample_rate
    beat = 1 + rng.uniform(0.0, 0.3) * np.cos(2 * np.pi * turns * time + rng.uniform(0, 6.28))
    air = coloured(rng, samples, sample_rate, rng.uniform(2.0, 8.0)) * beat
    orders = np.arange(1, int(rng.integers(2, 9)))
    gains = orders ** -rng.uniform(0.5, 1.5)
    tones = unit(harmonics(rng, turns * blades, gains, samples, sample_rate))
    return unit(air + amplitude(rng.uniform(-30, -3)) * tones)
