"""Periodic signals of many harmonics."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from training.audio import Audio

Generator = np.random.Generator

PERIOD = 16384
"""Steps of one period: read without interpolation, errors stay 60 dB down at order 40."""


def harmonics(rng: Generator, base_hz: float, gains: npt.NDArray[np.floating], samples: int, sample_rate: int) -> Audio:
    """Sum of the harmonics of a frequency, of random phase, `gains[k]` being that of order k + 1."""
    audible = gains[: int(0.49 * sample_rate / base_hz)]
    return wave(rng, audible, np.arange(samples, dtype=np.float64) * (base_hz / sample_rate))


def wave(rng: Generator, gains: npt.NDArray[np.floating], turns: npt.NDArray[np.floating]) -> Audio:
    """Sum of harmonics of random phase, `gains[k]` being that of order k + 1, after so many turns of the first."""
    spectrum = np.zeros(PERIOD // 2 + 1, dtype=np.complex64)
    spectrum[1 : len(gains) + 1] = gains * np.exp(2j * np.pi * rng.random(len(gains)))
    period = fft.irfft(spectrum, PERIOD)
    return np.asarray(period[(turns * PERIOD).astype(np.int64) & (PERIOD - 1)], dtype=np.float32)
