"""Sounds made in code."""

import numpy as np


def speechlike(seconds: float, rate: float, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Harmonic tones that come and go, in noise; float32 of shape (channels, samples)."""
    random = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 12)) * (np.sin(2 * np.pi * 2 * t) > 0)
    noise = random.standard_normal((channels, t.size))
    return (0.1 * voice + 0.03 * noise).astype(np.float32)
