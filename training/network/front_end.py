"""The two front ends that feed networks, as a model file declares them (formulas: training.network.features)."""

from __future__ import annotations

from typing import Any

from speechenh_plugin import constants

BINS = constants.NARROWBAND_BINS
BANDS = 129
"""Bands of the front end `fullband` where a network asks for no other number."""
BIN_HZ = 31.25
TOP_HZ = 24000.0


def narrowband(max_gain: float = 1.0) -> dict[str, Any]:
    """129 standardised magnitudes over 0-4 kHz, the reference recipe's view of a frame."""
    return {"kind": "narrowband", "max_gain": max_gain, "lookahead": 0}


def fullband(
    low_bins: int = 0,
    taps: int = 1,
    max_gain: float = 1.0,
    lookahead: int = 0,
    level_seconds: float = 0.0,
    bands: int = BANDS,
    apart_to_hz: float = 0.0,
    comb: float = 0.0,
) -> dict[str, Any]:
    """Log band energies over 0-24 kHz and, if asked for, the lowest bins as complex numbers.

    Parameters
    ----------
    low_bins : int
        Bins, from 0 Hz, whose compressed spectrum the network sees as input "low", and that an output "filter" acts on.
    taps : int
        Frames that such a filter spans.
    max_gain : float
        Highest gain.
    lookahead : int
        Frames of look-ahead: latency.
    level_seconds : float
        Time constant of the stream's level that features are relative to; 0 leaves them relative to full scale.
    bands : int
        How many bands.
    apart_to_hz : float
        Frequency up to which each bin has a band of its own, Hz.
    comb : float
        Most that a bin below 4 kHz takes from the frame that lies a period of the voice earlier, 0 to 1.

    Raises
    ------
    ValueError
        If so many bands cannot end at 24 kHz.
    """
    relative = {"level_seconds": level_seconds, "floor": 2e-9, "offset": 38.0, "scale": 25.0}
    absolute = {"floor": 1e-11, "offset": 60.0, "scale": 25.0}
    return {
        "kind": "fullband",
        "centers": band_centers(bands, apart_to_hz),
        **(relative if level_seconds else absolute),
        "low_bins": low_bins,
        "compression": 0.3,
        "taps": taps,
        "lookahead": lookahead,
        "max_gain": max_gain,
        "comb": comb,
    }


def band_centers(bands: int = BANDS, apart_to_hz: float = 0.0) -> list[float]:
    """Centres of bands in Hz, 0 to 24000: a bin apart, and further up a constant share of the ear's ERB.

    ERB(f) = 24.7 (4.37 f / 1000 + 1) Hz (Glasberg & Moore 1990); the share is the one that ends at 24 kHz.

    Parameters
    ----------
    bands : int
        How many.
    apart_to_hz : float
        Frequency up to which they are a bin apart, Hz; they are wherever the share is narrower than that, too.

    Raises
    ------
    ValueError
        If so many bands cannot end at 24 kHz.

    Examples
    --------
    >>> centers = band_centers()
    >>> centers[1], centers[-1]
    (31.25, 24000.0)
    """
    low, high = 0.0, TOP_HZ / _erb(0.0)
    if not _spaced(low, bands, apart_to_hz)[-1] <= TOP_HZ <= _spaced(high, bands, apart_to_hz)[-1]:
        raise ValueError(f"{bands} bands, a bin apart up to {apart_to_hz:g} Hz, cannot end at {TOP_HZ:g} Hz")
    while low < (share := (low + high) / 2) < high:
        low, high = (share, high) if _spaced(share, bands, apart_to_hz)[-1] < TOP_HZ else (low, share)
    centers = [round(f, 4) for f in _spaced(high, bands, apart_to_hz)]
    return [*centers[:-1], TOP_HZ]


def _spaced(share: float, bands: int, apart_to_hz: float) -> list[float]:
    centers = [0.0]
    for _ in range(bands - 1):
        apart = 0.0 if centers[-1] < apart_to_hz else share * _erb(centers[-1])
        centers.append(centers[-1] + max(BIN_HZ, apart))
    return centers


def _erb(hertz: float) -> float:
    return 24.7 * (4.37 * hertz / 1000 + 1)
