"""How much noise is left where nobody speaks."""

from __future__ import annotations

import numpy as np

from training.audio import Audio
from training.evaluation.measures import frames

HANGOVER_SECONDS = 0.064
"""So far from speech a pause begins, and so far before speech it ends."""
NOISE_DB = 10.0
"""In a pause the noise is at least so far above what the clean signal holds."""
LEAST_FRAMES = 5


def noise_left(estimate: Audio, noisy: Audio, clean: Audio, rate: int) -> float:
    """Return how loud the estimate is in pauses beside the noisy signal, in dB; lower is quieter.

    A pause is a frame (32 ms, Hann, hop 8 ms) 64 ms or more away from any frame with speech (within 40 dB of the clean
    signal's loudest), in which the noise is at least 10 dB above the clean signal. Over those frames::

        left = 10 log10 (sum of |E|² / sum of |noisy|²)

    Parameters
    ----------
    estimate, noisy, clean : (samples,)
        Aligned.
    rate : int
        Hz.

    Returns
    -------
    float
        NaN where fewer than five frames are pauses.
    """
    wanted, noise = frames.powers(clean, rate), frames.powers(noisy - clean, rate)
    reach = round(HANGOVER_SECONDS / frames.HOP_SECONDS)
    near = np.convolve(frames.active(wanted), np.ones(2 * reach + 1), "same") > 0
    pause = ~near & (noise.sum(1) > wanted.sum(1) * 10 ** (NOISE_DB / 10))
    if np.sum(pause) < LEAST_FRAMES:
        return float("nan")
    return frames.decibels(np.sum(frames.powers(estimate, rate)[pause]), np.sum(frames.powers(noisy, rate)[pause]))
