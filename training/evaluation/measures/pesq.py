"""PESQ, the listening quality of a recording beside the clean one (ITU-T P.862, P.862.1 and P.862.2)."""

from __future__ import annotations

from typing import Literal

import pesq

from training.audio import Audio


def listening_quality(estimate: Audio, clean: Audio, rate: int, band: Literal["nb", "wb"]) -> float:
    """Return the PESQ score, MOS-LQO.

    Parameters
    ----------
    estimate, clean : (samples,)
        Full scale = 1.
    rate : int
        8000 or 16000 Hz; "wb" needs 16000.
    band : {"nb", "wb"}
        Narrow band (P.862.1) or wide band (P.862.2).

    Returns
    -------
    float
        About 1 (bad) to 4.6; NaN where PESQ finds no speech or too short a signal.
    """
    try:
        return float(pesq.pesq(rate, clean, estimate, band))
    except (pesq.NoUtterancesError, pesq.BufferTooShortError):
        return float("nan")


def pesq_band(rate: int) -> tuple[int, Literal["nb", "wb"]]:
    """Return the rate in Hz and the band in which a signal of `rate` is judged: wide from 16 kHz on, else narrow."""
    return (16000, "wb") if rate >= 16000 else (8000, "nb")
