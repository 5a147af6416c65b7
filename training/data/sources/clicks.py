"""Clicks and crackle."""

from __future__ import annotations

import numpy as np

from training.audio import Audio
from training.data.filters import log_uniform
from training.data.state import unit

Generator = np.random.Generator


def clicks(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Clicks and crackle: 1 to 50 a second, each a short decaying ring of its own pitch."""
    count = max(1, rng.poisson(log_uniform(rng, 1.0, 50.0) * samples / sample_rate))
    length = max(8, sample_rate // 100)
    time = np.arange(length, dtype=np.float32) / sample_rate
    kinds = []
    for _ in range(4):
        pitch = log_uniform(rng, 300.0, 0.4 * sample_rate)
        decay = log_uniform(rng, 2e-4, 2e-3)
        kinds.append(np.exp(-time / decay) * np.sin(2 * np.pi * pitch * time + rng.uniform(0, 3)))
    audio = np.zeros(samples + length, dtype=np.float32)
    for start in rng.integers(0, samples, count):
        ring = kinds[int(rng.integers(len(kinds)))]
        audio[start : start + length] += rng.normal() * ring
    return unit(audio[:samples])
