"""Sounds made in code."""

import numpy as np


def speechlike(seconds: float, rate: float, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Harmonic tones that come and go, in noise; float32 of shape (channels, samples)."""
    random = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 12)) * (np.sin(2 * np.pi * 2 * t) > 0)
    noise = random.standard_normal((channels, t.size))
    return (0.1 * voice + 0.03 * noise).astype(np.float32)


def voice(rate: int, pitch: float) -> np.ndarray:
    """A second of all harmonics of a pitch below 4 kHz, each of amplitude 0.02; float32 of shape (samples,)."""
    t = np.arange(rate) / rate
    harmonics = range(1, int(min(4000, rate / 2) / pitch))
    return (0.02 * sum(np.sin(2 * np.pi * k * pitch * t + k) for k in harmonics)).astype(np.float32)


def syllables(rate: int) -> np.ndarray:
    """Syllables of other pitches and colours: PESQ refuses steadier signals."""
    random = np.random.default_rng(4)
    time = np.arange(4 * rate) / rate
    out = np.zeros(len(time))
    for start in np.arange(0.3, 3.6, 0.3):
        pitch, formant = random.uniform(100, 220), random.uniform(400, 2500)
        orders = np.arange(1, int(3800 / pitch))
        gains = 1 / (1 + ((orders * pitch - formant) / 300) ** 2) + 0.1 / orders
        rise = np.clip((time - start) / 0.03, 0, 1) * np.clip((start + 0.22 - time) / 0.05, 0, 1)
        out += rise * (gains[:, None] * np.sin(2 * np.pi * pitch * orders[:, None] * time)).sum(0)
    return (0.05 * out).astype(np.float32)
