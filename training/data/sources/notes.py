"""Notes of horns, bells and instruments."""

from __future__ import annotations

import numpy as np

from training.audio import Audio
from training.data.filters import log_uniform
from training.data.sources.waves import wave
from training.data.state import unit

Generator = np.random.Generator


def notes(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Horns, bells and instruments: steady tones of one timbre, up to four at once, that fade or are held."""
    audio = np.zeros(samples, dtype=np.float32)
    usual, slope = log_uniform(rng, 100, 1500), rng.uniform(0.3, 2.5)
    timbre = rng.uniform(0.05, 1.0, int(0.45 * sample_rate / 50))
    gains = np.arange(1, len(timbre) + 1) ** -slope * timbre
    attack, decay = log_uniform(rng, 0.002, 0.1), log_uniform(rng, 0.1, 10.0)
    start = int(rng.uniform(0, 0.3) * samples)
    while start < samples:
        time = np.arange(min(samples - start, int(log_uniform(rng, 0.1, 3.0) * sample_rate)), dtype=np.float32)
        time /= sample_rate
        envelope = np.minimum(time / np.float32(attack), np.exp(-time / np.float32(decay)))
        envelope *= np.minimum(1, time[::-1] / np.float32(0.02))
        for _ in range(int(rng.integers(1, 5))):
            pitch = usual * 2 ** (rng.integers(-12, 13) / 12)
            audible = max(1, int(0.45 * sample_rate / pitch) - 1)
            tone = wave(rng, gains[:audible], time.astype(np.float64) * pitch)
            audio[start : start + len(time)] += unit(tone) * envelope
        start += int(len(time) * rng.uniform(0.3, 1.3)) + 1
    return unit(audio)
