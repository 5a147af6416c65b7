"""Scale-invariant signal-to-distortion ratio, and the scale that it does not see."""

from __future__ import annotations

import numpy as np

from training.audio import Audio


def si_sdr(estimate: Audio, clean: Audio) -> float:
    """Return the scale-invariant signal-to-distortion ratio in dB, zero-mean (Le Roux et al. 2019).

    With a = <estimate, clean> / <clean, clean>: 10 log10 (|a clean|² / |estimate - a clean|²).

    Parameters
    ----------
    estimate, clean : (samples,)

    Returns
    -------
    float
        NaN where either is silent.

    Examples
    --------
    >>> si_sdr(np.array([1.0, 0.0, -1.0, 0.0]), np.array([1.0, 1.0, -1.0, -1.0]))
    0.0
    """
    got, wanted, share = _projected(estimate, clean)
    part = share * wanted
    with np.errstate(divide="ignore"):
        return float(10 * np.log10(np.dot(part, part) / np.dot(got - part, got - part)))


def level(estimate: Audio, clean: Audio) -> float:
    """Return the level of the clean signal within the estimate, 20 log10 |a| in dB: 0 where it is as loud as it was.

    Parameters
    ----------
    estimate, clean : (samples,)

    Returns
    -------
    float
        NaN where either is silent.

    Examples
    --------
    >>> round(level(np.array([0.5, -0.5, 0.3, -0.3]), np.array([1.0, -1.0, 0.0, 0.0])), 2)
    -6.02
    """
    *_, share = _projected(estimate, clean)
    with np.errstate(divide="ignore"):
        return float(20 * np.log10(abs(share)))


def _projected(estimate: Audio, clean: Audio) -> tuple[np.ndarray, np.ndarray, float]:
    """Both without their means, and the share of the second in the first, NaN where either is silent."""
    got = estimate.astype(np.float64) - estimate.mean()
    wanted = clean.astype(np.float64) - clean.mean()
    power = np.dot(wanted, wanted)
    return got, wanted, np.dot(got, wanted) / power if power and got.any() else np.nan
