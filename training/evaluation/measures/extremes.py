"""What becomes of speech without noise, and of noise without speech."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.audio import Audio, resample
from training.evaluation.measures.frames import decibels
from training.evaluation.measures.pesq import listening_quality, pesq_band
from training.evaluation.measures.si_sdr import si_sdr


def extremes(denoise: Callable[[Audio], Audio], noisy: Audio, clean: Audio, rate: int) -> dict[str, float]:
    """Return what is left of clean speech and of noise when each is denoised by itself.

    Parameters
    ----------
    denoise : callable
        From a signal to an estimate of the same length, aligned.
    noisy, clean : (samples,)
        Their difference is the noise.
    rate : int
        Hz.

    Returns
    -------
    dict of str to float
        "clean PESQ" (wide band from 16 kHz on, else narrow) and "clean SI-SDR" (dB) of denoised clean speech, and
        "noise dB", the level of denoised noise beside its own.
    """
    at, band = pesq_band(rate)
    got, wanted = resample(denoise(clean), rate, at), resample(clean, rate, at)
    noise = (noisy - clean).astype(np.float64)
    left = denoise(noisy - clean).astype(np.float64)
    return {
        "clean PESQ": listening_quality(got, wanted, at, band),
        "clean SI-SDR": si_sdr(got, wanted),
        "noise dB": decibels(float(np.mean(left**2)), float(np.mean(noise**2))),
    }
