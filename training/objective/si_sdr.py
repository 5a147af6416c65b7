"""Scale-invariant signal-to-distortion ratio of waveforms, with a slope."""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from training.network.features import SILENCE
from training.objective.answer import Answer
from training.objective.arithmetic import TINY

Tensor = Any


def negative_si_sdr(answer: Answer) -> Tensor:
    """Return the mean SI-SDR of the waveforms, in tens of dB, negative; limited to 30 dB."""
    return -ops.mean(si_sdr(*answer.waveforms)) / 10


def si_sdr(estimate: Tensor, clean: Tensor) -> Tensor:
    """Return the scale-invariant signal-to-distortion ratio (Le Roux et al. 2019), zero-mean.

    Parameters
    ----------
    estimate, clean : Tensor, (batch, samples)

    Returns
    -------
    Tensor, (batch,)
        In dB, at most 30; 0 where `clean` is silent.
    """
    estimate = estimate - ops.mean(estimate, -1, keepdims=True)
    clean = clean - ops.mean(clean, -1, keepdims=True)
    energy = ops.sum(ops.square(clean), -1, keepdims=True)
    scale = ops.sum(estimate * clean, -1, keepdims=True) / (energy + TINY)
    signal = ops.sum(ops.square(scale * clean), -1)
    distortion = ops.sum(ops.square(estimate - scale * clean), -1)
    ratio = (signal + TINY) / (distortion + 1e-3 * signal + TINY)
    decibels = 10 / math.log(10) * ops.log(ratio)
    return ops.where(energy[:, 0] > SILENCE, decibels, 0.0)
