"""White, pink and brown noise, and noise of any slope."""

from __future__ import annotations

import numpy as np
from scipy import fft

from training.audio import Audio
from training.data.state import unit

Generator = np.random.Generator


def white(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """White noise."""
    return coloured(rng, samples, sample_rate, 0.0)


def pink(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Pink noise: 3 dB down an octave."""
    return coloured(rng, samples, sample_rate, 3.0)


def brown(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Brown noise: 6 dB down an octave."""
    return coloured(rng, samples, sample_rate, 6.0)


def coloured(rng: Generator, samples: int, sample_rate: int, slope_db: float | None = None) -> Audio:
    """Noise that falls by `slope_db` an octave above 20 Hz; by -3 to 9 dB, drawn, when None."""
    slope = rng.uniform(-3.0, 9.0) if slope_db is None else slope_db
    size = fft.next_fast_len(samples, real=True)
    spectrum = fft.rfft(rng.standard_normal(size, dtype=np.float32))
    octaves = np.log2(np.maximum(fft.rfftfreq(size, 1 / sample_rate), 20.0))
    spectrum *= (10 ** (-slope * octaves / 20)).astype(np.float32)
    return unit(fft.irfft(spectrum, size)[:samples])
