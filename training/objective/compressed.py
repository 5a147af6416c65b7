"""Losses on spectra whose magnitudes are compressed to |X|^0.3, in which faint sound counts as an ear counts it."""

from __future__ import annotations

from typing import Any

from keras import ops

from training.objective.answer import Answer
from training.objective.arithmetic import mean

Tensor = Any


def compressed_magnitude(answer: Answer) -> Tensor:
    """Return the mean squared error of |X|^0.3."""
    estimate, clean = answer.compressed
    return mean(ops.square(estimate - clean), answer.weight)


def compressed_complex(answer: Answer) -> Tensor:
    """Return the mean squared error of X |X|^-0.7, which sees phase too (Braun & Tashev 2020)."""
    return mean(answer.compressed_distance, answer.weight)


def over_suppression(answer: Answer) -> Tensor:
    """Return the mean squared error of |X|^0.3 where the estimate is too low: it protects speech (Braun & Tashev 2020).

    Beside `compressed_magnitude` of weight w, a weight of w makes an error downwards count twice an error upwards.
    """
    estimate, clean = answer.compressed
    return mean(ops.square(ops.relu(clean - estimate)), answer.weight)
