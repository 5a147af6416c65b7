"""How much of /s/, /sh/ and /f/ is left: sounds that are noise themselves."""

from __future__ import annotations

import numpy as np

from training.audio import Audio
from training.evaluation.measures import frames

SPLIT_HZ = 4000.0
SHARE = 0.7
LOUDNESS_DB = 17.0
LEAST_FRAMES = 3


def fricative_frames(clean: np.ndarray, rate: int) -> np.ndarray:
    """Tell which frames of (frame, bin) powers of clean speech are fricatives.

    70 % of the power lies above 4 kHz (a quarter of the rate, if that is lower), and the frame is within 17 dB of the
    loudest one.
    """
    level = clean.sum(1)
    high = clean[:, frames.frequencies(rate) > split(rate)].sum(1)
    return np.asarray((high > SHARE * level) & (level > level.max(initial=0.0) * 10 ** (-LOUDNESS_DB / 10)))


def split(rate: int) -> float:
    """Return the frequency in Hz above which a fricative has its power."""
    return min(SPLIT_HZ, rate / 4)


def fricatives_kept(estimate: Audio, noisy: Audio, clean: Audio, rate: int) -> float:
    """Return how loud fricatives in the estimate are beside the clean signal, in dB; 0 keeps all.

    As `speech_kept`, over the bins above 4 kHz (a quarter of the rate, if that is lower) of frames with a fricative in
    which speech dominates.

    Parameters
    ----------
    estimate, noisy, clean : (samples,)
        Aligned.
    rate : int
        Hz.

    Returns
    -------
    float
        NaN where fewer than three frames hold a fricative.
    """
    wanted = frames.powers(clean, rate)
    found = fricative_frames(wanted, rate)
    if np.sum(found) < LEAST_FRAMES:
        return float("nan")
    high = frames.frequencies(rate) > split(rate)
    where = frames.dominant(wanted, frames.powers(noisy - clean, rate)) & found[:, None] & high
    return frames.decibels(np.sum(frames.powers(estimate, rate)[where]), np.sum(wanted[where]))
