"""How much worse a denoiser is on the same recording at another level."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.audio import Audio, resample
from training.evaluation.measures.pesq import listening_quality, pesq_band
from training.evaluation.measures.si_sdr import si_sdr

GAINS_DB = (-60, -50, -40, -30, -20, -10, 10, 20)


def level_sweep(denoise: Callable[[Audio], Audio], noisy: Audio, clean: Audio, rate: int) -> dict[str, float]:
    """Return the differences in SI-SDR (dB) and PESQ that gains from -60 to +20 dB before the denoiser make.

    For each gain g: measure(denoise(g noisy) / g) - measure(denoise(noisy)); 0 for a denoiser that does not mind. PESQ
    is wide band from 16 kHz on, else narrow band; both measures at 16 kHz or 8 kHz.

    Parameters
    ----------
    denoise : callable
        From a signal to an estimate of the same length, aligned.
    noisy, clean : (samples,)
    rate : int
        Hz.

    Returns
    -------
    dict of str to float
        "SI-SDR at -60 dB", "PESQ at -60 dB" and so on.
    """
    at, band = pesq_band(rate)
    wanted = resample(clean, rate, at)

    def judged(gain: float) -> tuple[float, float]:
        factor = np.float32(10 ** (gain / 20))
        got = resample(denoise(noisy * factor) / factor, rate, at)
        return si_sdr(got, wanted), listening_quality(got, wanted, at, band)

    usual = judged(0.0)
    found = {}
    for gain in GAINS_DB:
        for name, value, beside in zip(("SI-SDR", "PESQ"), judged(gain), usual, strict=True):
            found[sweep_name(name, gain)] = value - beside
    return found


def sweep_name(measure: str, gain_db: int) -> str:
    """Return the name of a difference, such as "PESQ at -60 dB"."""
    return f"{measure} at {gain_db:+d} dB"
