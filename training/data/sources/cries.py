"""Cries of animals, children and sirens."""

from __future__ import annotations

import numpy as np

from training.audio import Audio, amplitude
from training.data.filters import log_uniform
from training.data.sources.resonant import resonant
from training.data.sources.waves import wave
from training.data.state import unit

Generator = np.random.Generator


def cries(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Call as an animal, a child or a siren: harmonics that glide, with resonances, some breath and some roughness."""
    audio = np.zeros(samples, dtype=np.float32)
    usual = log_uniform(rng, 150, 1800)
    slope, breath = rng.uniform(0.3, 2.0), amplitude(rng.uniform(-40, -12))
    resonances = [(log_uniform(rng, 500, 0.4 * sample_rate), rng.uniform(6, 20), rng.uniform(1, 5)) for _ in range(2)]
    start = int(rng.uniform(0, 0.3) * samples)
    while start < samples:
        length = min(samples - start, int(log_uniform(rng, 0.08, 1.5) * sample_rate))
        part = np.linspace(0, 1, length, dtype=np.float32)
        turns = np.interp(part, [0, rng.uniform(0.2, 0.8), 1], np.log(usual) + rng.normal(0, 0.15, 3))
        seconds = np.arange(length, dtype=np.float32) / sample_rate
        turns += rng.uniform(0, 0.03) * np.sin(2 * np.pi * rng.uniform(4, 12) * seconds)
        pitch = np.exp(turns)
        orders = np.arange(1, max(2, int(0.45 * sample_rate / pitch.max())))
        gains = orders**-slope * rng.uniform(0.3, 1.0, len(orders))
        call = unit(wave(rng, gains, np.cumsum(pitch / sample_rate)))
        call = call + np.float32(breath) * rng.standard_normal(length, dtype=np.float32)
        if rng.random() < 0.3:
            call *= 1 + np.float32(rng.uniform(0, 1)) * np.sin(2 * np.pi * rng.uniform(25, 110) * seconds)
        call = unit(resonant(call, sample_rate, resonances)) * np.minimum(1, 8 * part) * np.minimum(1, 4 * (1 - part))
        audio[start : start + length] = call * np.float32(amplitude(rng.uniform(-10, 0)))
        start += length + int(log_uniform(rng, 0.03, 1.5) * sample_rate)
    return unit(audio)
