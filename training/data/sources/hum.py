"""Mains hum."""

from __future__ import annotations

import numpy as np

from training.audio import Audio, amplitude
from training.data.sources.coloured import pink
from training.data.sources.waves import harmonics
from training.data.state import unit

Generator = np.random.Generator


def hum(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Mains hum: 50 or 60 Hz and up to 40 harmonics, each weaker, over faint pink noise."""
    mains = rng.choice([50.0, 60.0]) * (1 + rng.uniform(-0.002, 0.002))
    orders = np.arange(1, int(rng.integers(4, 41)) + 1)
    gains = orders ** -rng.uniform(0.5, 2.0) * rng.uniform(0.1, 1.0, len(orders))
    tones = unit(harmonics(rng, mains, gains, samples, sample_rate))
    return unit(tones + amplitude(rng.uniform(-40, -15)) * pink(rng, samples, sample_rate))
