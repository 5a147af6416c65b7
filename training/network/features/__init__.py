"""From samples to what a network sees, and from what it says to a cleaned spectrum, as the engine computes it.

Written with `keras.ops`: every formula stands once and runs on the backend in use. Spectra are complex tensors
(batch, time, bin), network inputs and outputs (batch, time, position, channel).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.network.features.bands import band_averages, triangles
from training.network.features.fullband import Fullband
from training.network.features.narrowband import Narrowband
from training.network.features.spectra import ACTIVE, SILENCE, active, power, scaled
from training.network.features.stft import Stft
from training.network.frames import hop_length

FrontEnd = Narrowband | Fullband

KINDS: dict[str, type[FrontEnd]] = {"narrowband": Narrowband, "fullband": Fullband}


def front_end(declaration: Mapping[str, Any], rate: float) -> FrontEnd:
    """Make the front end that a graph declares, at a sample rate.

    Parameters
    ----------
    declaration : mapping
        The graph's ``front_end``, see :mod:`training.network.front_end`.
    rate : float
        Sample rate, Hz.

    Raises
    ------
    ValueError
        If its kind is unknown.
    """
    kind = declaration.get("kind")
    if kind not in KINDS:
        raise ValueError(f"front end '{kind}' is neither {' nor '.join(KINDS)}")
    return KINDS[kind](declaration, rate)


__all__ = [
    "ACTIVE",
    "KINDS",
    "SILENCE",
    "FrontEnd",
    "Fullband",
    "Narrowband",
    "Stft",
    "active",
    "band_averages",
    "front_end",
    "hop_length",
    "power",
    "scaled",
    "triangles",
]
