"""Short-time objective intelligibility (Taal et al. 2011) on this project's frames, with a slope."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from training.network.features import Stft, active
from training.objective.answer import Answer
from training.objective.arithmetic import TINY

Tensor = Any

BANDS_HZ = 150.0 * 2.0 ** (np.arange(15) / 3)
"""Centres of the third octaves, Hz."""
SECONDS = 0.384
STEP = 8
"""Frames from one segment to the next; a segment at every frame, as published, costs eight times as much."""
CLIP = 1 + 10 ** (15 / 20)


def unintelligibility(answer: Answer) -> Tensor:
    """Return how much speech does not get through: 1 - STOI."""
    return 1 - ops.mean(stoi(*answer.counted_powers, answer.front_end.stft))


def stoi(estimate: Tensor, clean: Tensor, stft: Stft) -> Tensor:
    """Return STOI (Taal et al. 2011, equations 1 to 6).

    Envelopes of 15 third octaves in segments of 384 ms, without the frames 40 dB below the loudest one of `clean`: the
    correlation of `clean` with `estimate`, which is brought to the same level and clipped at a signal-to-distortion
    ratio of -15 dB.

    Parameters
    ----------
    estimate, clean : Tensor, (batch, time, bin)
        Squared magnitudes.
    stft : Stft
        That made them.

    Returns
    -------
    Tensor, (batch,)
        -1 to 1; 1 where `clean` is silent or all too short.
    """
    edges = BANDS_HZ[None, :] * 2.0 ** np.array([[-1 / 6], [1 / 6]])
    within = (stft.frequencies[:, None] >= edges[0]) & (stft.frequencies[:, None] < edges[1])
    bands = ops.cast(within, "float32")
    # A whole number of steps, so that segments are slices put together.
    steps = round(SECONDS * stft.rate / stft.hop / STEP)
    frames = clean.shape[1]
    segments = frames // STEP - steps + 1
    if segments < 1:
        return ops.ones(clean.shape[0])

    loud = active(clean)
    # Loud frames first, in their order: no two keys are alike.
    keys = ops.arange(frames)[None] + frames * ops.cast(ops.logical_not(loud), "int32")
    order = ops.argsort(keys, -1)[..., None]

    def segmented(powers: Tensor) -> Tensor:
        envelope = ops.take_along_axis(ops.sqrt(ops.matmul(powers, bands) + TINY), order, 1)
        parts = ops.reshape(envelope[:, : frames // STEP * STEP], (-1, frames // STEP, STEP, len(BANDS_HZ)))
        return ops.concatenate([parts[:, k : k + segments] for k in range(steps)], 2)

    x, y = segmented(clean), segmented(estimate)
    y = y * (_length(x) / _length(y))
    y = ops.minimum(y, CLIP * x)
    x, y = (part - ops.mean(part, 2, keepdims=True) for part in (x, y))
    cosine = ops.sum(x * y, 2, keepdims=True) / (_length(x) * _length(y))
    correlation = ops.mean(cosine, (2, 3))
    ends = STEP * (np.arange(segments) + steps)
    whole = ops.cast(ends, "int32")[None] <= ops.sum(ops.cast(loud, "int32"), -1, keepdims=True)
    count = ops.sum(ops.cast(whole, "float32"), -1)
    total = ops.sum(ops.where(whole, correlation, 0.0), -1)
    return ops.where(count > 0, total / ops.maximum(count, 1.0), 1.0)


def _length(envelopes: Tensor) -> Tensor:
    """Euclidean norm over the frames of (batch, segment, frame, band), its slope finite at 0."""
    return ops.sqrt(ops.sum(ops.square(envelopes), 2, keepdims=True) + TINY)
