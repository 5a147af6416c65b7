"""Triangular bands: weights that spread bands over bins, and averages that gather bins into bands."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def triangles(centers: Array, frequencies: Array) -> Array:
    """Return triangular band weights (band, bin), linear between neighbouring centres: they sum to one at each bin.

    Parameters
    ----------
    centers : ndarray, (bands,)
        Hz, ascending. Below the first and above the last, that band alone counts.
    frequencies : ndarray, (bins,)
        Hz.
    """
    position = np.interp(frequencies, centers, np.arange(len(centers)))
    away = np.abs(position[None] - np.arange(len(centers))[:, None])
    return np.asarray(np.maximum(1 - away, 0))


def band_averages(weights: Array) -> Array:
    """Make of band weights (band, bin) what gives each band's mean power, (bin, band); a band with no bin has none."""
    sums = weights.sum(1)
    return np.asarray(weights.T / np.where(sums > 0, sums, 1))
