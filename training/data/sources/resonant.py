"""Resonances in short sounds, as recursive filters: they begin with the sound and ring on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import signal

from training.audio import Audio
from training.data.filters import peak_coefficients


def resonant(audio: Audio, sample_rate: int, peaks: Sequence[tuple[float, float, float]]) -> Audio:
    """Pass through peaking biquads.

    Parameters
    ----------
    audio : (samples,) float32
    sample_rate
        In Hz.
    peaks
        Centre in Hz, gain in dB and quality of each.

    Returns
    -------
    (samples,) float32
    """
    sections = []
    for centre_hz, gain_db, quality in peaks:
        b, a = peak_coefficients(sample_rate, centre_hz, gain_db, quality)
        sections.append(np.array([*b, *a]) / a[0])
    # Single precision is twice as fast; its rounding stays over 70 dB below the signal.
    return np.asarray(signal.sosfilt(np.array(sections, np.float32), audio), dtype=np.float32)
