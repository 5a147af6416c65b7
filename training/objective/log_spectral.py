"""A log-spectral distance by the flagship's bands."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from keras import ops

from training.network.features import active, band_averages, power, triangles
from training.network.front_end import fullband
from training.objective.answer import Answer
from training.objective.arithmetic import TINY, mean

Tensor = Any
FLOOR = 1e-6
"""Share of the mixture's mean power a bin that every level is at least: -60 dB."""


def log_spectral(answer: Answer) -> Tensor:
    """Return the mean distance of band levels in tens of dB, where somebody speaks: faint treble counts as loud bass.

    A log-spectral distance (Gray & Markel 1976), by absolute values. The levels are those of the flagship's bands, and
    end 60 dB below the mixture's mean power a bin.
    """
    centers = np.asarray(fullband()["centers"])
    averages = band_averages(triangles(centers, answer.front_end.stft.frequencies))
    filled = averages.any(0)
    matrix = ops.cast(averages[:, filled], "float32")
    floor = FLOOR * ops.mean(power(answer.noisy), (1, 2), keepdims=True) + TINY
    estimate, clean = (ops.log(ops.matmul(powers, matrix) + floor) for powers in answer.known_powers)
    weight = answer.counts * ops.cast(active(answer.powers[1]), "float32")[..., None]
    if answer.bandwidth_hz is not None:
        hertz = ops.cast(centers[filled], "float32")[None]
        weight = weight * ops.cast(hertz <= ops.cast(answer.bandwidth_hz, "float32")[:, None], "float32")[:, None]
    return mean(ops.abs(estimate - clean) / math.log(10), weight * ops.ones_like(clean))
