"""How much of the speech is left, band by band."""

from __future__ import annotations

import numpy as np

from training.audio import Audio
from training.evaluation.measures import frames

BANDS_KHZ = ((0.3, 1), (1, 2), (2, 4), (4, 8), (8, 20))
NAMES = tuple(f"kept {low}-{high} kHz" for low, high in BANDS_KHZ)


def speech_kept(estimate: Audio, noisy: Audio, clean: Audio, rate: int) -> dict[str, float]:
    """Return for each band how loud the speech in the estimate is beside the clean signal, in dB.

    Over the set B of the band's bins in which speech dominates (in frames within 40 dB of the clean signal's loudest,
    at least 3 dB above the noise, which is noisy - clean), with spectra E of the estimate and C of the clean signal::

        kept = 10 log10 (sum over B of |E|² / sum over B of |C|²)

    0 keeps all; noise that is left adds at most 1.8 dB. Frames of 32 ms, Hann, hop 8 ms.

    Parameters
    ----------
    estimate, noisy, clean : (samples,)
        Aligned.
    rate : int
        Hz; bands that begin at or above half of it are left out.

    Returns
    -------
    dict of str to float
        "kept 0.3-1 kHz" and so on; NaN where speech dominates nowhere in the band.
    """
    wanted = frames.powers(clean, rate)
    speech = frames.dominant(wanted, frames.powers(noisy - clean, rate))
    got = frames.powers(estimate, rate)
    hertz = frames.frequencies(rate)
    kept = {}
    for name, (low, high) in zip(NAMES, BANDS_KHZ, strict=True):
        if 2000 * low < rate:
            where = speech & ((hertz >= 1000 * low) & (hertz < 1000 * high))
            kept[name] = frames.decibels(np.sum(got[where]), np.sum(wanted[where]))
    return kept
