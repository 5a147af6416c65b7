"""Bursts of noise."""

from __future__ import annotations

import numpy as np

from training.audio import Audio, amplitude
from training.data.filters import log_uniform
from training.data.sources.coloured import coloured
from training.data.sources.resonant import resonant
from training.data.state import unit

Generator = np.random.Generator


def bursts(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Bursts of noise, as steps, doors, sneezes and fireworks are: each of its own colour, attack and decay."""
    audio = np.zeros(samples, dtype=np.float32)
    for _ in range(max(1, rng.poisson(log_uniform(rng, 0.5, 6.0) * samples / sample_rate))):
        start = int(rng.integers(samples))
        attack, decay = (log_uniform(rng, *limits) * sample_rate for limits in ((5e-4, 0.03), (0.01, 0.4)))
        length = min(samples - start, int(attack + 6 * decay))
        time = np.arange(length, dtype=np.float32)
        envelope = np.minimum(time / np.float32(attack), np.exp(-time / np.float32(decay)))
        noise = resonant(
            coloured(rng, length, sample_rate),
            sample_rate,
            [(log_uniform(rng, 100, 0.4 * sample_rate), rng.uniform(0, 24), rng.uniform(0.5, 5))],
        )
        audio[start : start + length] += unit(noise) * envelope * np.float32(amplitude(rng.uniform(-20, 0)))
    return unit(audio)
