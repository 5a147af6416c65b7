"""STOI and ESTOI, the intelligibility of a recording beside the clean one (Taal et al. 2011; Jensen & Taal 2016)."""

from __future__ import annotations

import warnings

import pystoi

from training.audio import Audio


def intelligibility(estimate: Audio, clean: Audio, rate: int, extended: bool = False) -> float:
    """Return STOI, or ESTOI if `extended`.

    Parameters
    ----------
    estimate, clean : (samples,)
    rate : int
        Hz; both are resampled to 10 kHz.
    extended : bool
        Whether to compute ESTOI.

    Returns
    -------
    float
        -1 to 1, higher is better; 1e-5 where fewer than 30 frames hold speech.
    """
    with warnings.catch_warnings():
        # pystoi warns when too little is loud enough to judge, and returns 1e-5.
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(pystoi.stoi(clean, estimate, rate, extended=extended))
