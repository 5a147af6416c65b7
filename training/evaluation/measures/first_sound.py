"""What becomes of the first sound of a stream that begins within a fricative."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.audio import Audio
from training.evaluation.measures import frames
from training.evaluation.measures.fricatives import fricative_frames

FIRST_SECONDS = 0.06
HEARD_SECONDS = 1.0


def first_sound(denoise: Callable[[Audio], Audio], clean: Audio, rate: int) -> float:
    """Return how loud the first 60 ms of denoised clean speech are that begins within a fricative, in dB; 0 keeps all.

    The clean signal is cut so that it begins at the middle one of its frames with a fricative, and its next second is
    denoised from a fresh state. The value is the power of the first 60 ms beside the input's.

    Parameters
    ----------
    denoise : callable
        From a signal to an estimate of the same length, aligned, from a fresh state at each call.
    clean : (samples,)
    rate : int
        Hz.

    Returns
    -------
    float
        NaN where the clean signal holds no fricative with 60 ms after it.
    """
    found = np.flatnonzero(fricative_frames(frames.powers(clean, rate), rate))
    first = round(FIRST_SECONDS * rate)
    if not len(found):
        return float("nan")
    start = int(found[len(found) // 2]) * round(frames.HOP_SECONDS * rate)
    heard = clean[start : start + round(HEARD_SECONDS * rate)]
    if len(heard) < 2 * first:
        return float("nan")
    got = denoise(heard)
    return frames.decibels(float(np.sum(got[:first] ** 2.0)), float(np.sum(heard[:first] ** 2.0)))
