"""STOI and ESTOI, the intelligibility of a recording beside the clean one (Taal et al. 2011; Jensen & Taal 2016)."""

from __future__ import annotations

import warnings

import numpy as np
import pystoi

from training.audio import Audio

TOO_LITTLE = 1e-5
"""What pystoi returns where too little is loud enough to judge."""


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
        -1 to 1, higher is better; NaN where fewer than 30 frames hold speech.
    """
    if not np.any(clean):
        return float("nan")
    with warnings.catch_warnings():
        # pystoi warns when too little is loud enough to judge, and returns a number that stands for nothing else.
        warnings.simplefilter("ignore", RuntimeWarning)
        score = float(pystoi.stoi(clean, estimate, rate, extended=extended))
    return float("nan") if score == TOO_LITTLE else score
