"""A comb filter at a voice's pitch, which takes down what lies between its harmonics."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from speechenh_plugin.constants import (
    COMB_BINS,
    HOP_SECONDS,
    HOPS_IN_PERIOD,
    HOPS_IN_WINDOW,
    LAG_RATE,
    LEAST_BEND,
    LEAST_PITCH_POWER,
    LONGEST_LAG,
    OCTAVE_COST,
    PITCH_HIGHEST_BIN,
    PITCH_KEEP,
    PITCH_LOWEST_BIN,
    SHORTEST_LAG,
    UNVOICED,
    VOICED,
)
from training.network.backend import complex_of
from training.network.features.stft import Stft

Tensor = Any


class Comb:
    """Mean of a frame and of the one that a period of the voice earlier ended, weighted bin by bin.

    Two periods of a voice are alike, and their mean is either. The noise of two is not: its mean has less power, least
    midway between harmonics, where a sound comes a period later in opposite phase (Lim, Oppenheim & Braida 1978; by a
    frame's own past, Valin 2018). The period is the lag of the highest autocorrelation of the estimate: the cosine
    transform of its powers, divided by that of the window's (Boersma 1993).

    Parameters
    ----------
    stft : Stft
    """

    def __init__(self, stft: Stft) -> None:
        self._stft = stft
        lags = np.arange(SHORTEST_LAG, LONGEST_LAG + 1)
        frequencies = stft.frequencies[PITCH_LOWEST_BIN : PITCH_HIGHEST_BIN + 1]
        cosines = np.cos(2 * np.pi * frequencies[:, None] * lags / LAG_RATE)
        self._transform = cosines / window_overlap(lags / LAG_RATE)
        self._cost = OCTAVE_COST * np.log2(lags / SHORTEST_LAG)

    def pitch(self, powers: Tensor) -> tuple[Tensor, Tensor]:
        """Find the voice in the estimate's squared magnitudes (batch, time, bin).

        Returns
        -------
        periods : tensor, (batch, time)
            Seconds.
        voiced : tensor, (batch, time)
            0 for no voice to 1.
        """
        used = powers[..., PITCH_LOWEST_BIN : PITCH_HIGHEST_BIN + 1]
        frames = np.arange(powers.shape[1])
        age = frames[:, None] - frames
        kept = np.where(age >= 0, PITCH_KEEP ** np.maximum(age, 0.0), 0.0)
        used = ops.matmul(ops.cast(kept, used.dtype), used)
        correlation = ops.tensordot(used, ops.cast(self._transform, used.dtype), 1)
        score = correlation / (ops.sum(used, -1, keepdims=True) + LEAST_PITCH_POWER) - ops.cast(self._cost, used.dtype)
        best = ops.argmax(score[..., 1:-1], -1) + 1
        before, at, after = (ops.take_along_axis(score, (best + k)[..., None], -1)[..., 0] for k in (-1, 0, 1))
        # The vertex of the parabola through three values.
        bend = ops.minimum(before - 2 * at + after, -LEAST_BEND)
        vertex = ops.clip(0.5 * (before - after) / bend, -0.5, 0.5)
        periods = (ops.cast(best, used.dtype) + SHORTEST_LAG + vertex) / LAG_RATE
        # The highest at an end of the range is no peak, but the slope of one beyond: hum, or wind.
        peak = ops.cast(ops.logical_and(at >= before, at >= after), used.dtype)
        height = at + ops.take(ops.cast(self._cost, used.dtype), best)
        return periods, peak * ops.clip((height - UNVOICED) / (VOICED - UNVOICED), 0, 1)

    def earlier(self, noisy: Tensor, periods: Tensor) -> Tensor:
        """Return the spectra of the frames that ended a period earlier, (batch, time, `COMB_BINS`)."""
        stft = self._stft
        samples = stft.samples(noisy)
        batch, length = ops.shape(samples)
        past = stft.size + HOPS_IN_PERIOD * stft.hop
        padded = ops.pad(samples, ((0, 0), (past, 0)))
        delay = periods * stft.rate
        whole = ops.floor(delay)
        starts = past - stft.size + stft.hop * (1 + np.arange(length // stft.hop))
        first = ops.cast(starts, "int32") - ops.cast(whole, "int32")
        index = first[..., None] + ops.cast(np.arange(stft.size), "int32")
        frames = ops.take_along_axis(padded, ops.reshape(index, (batch, -1)), 1)
        spectra = stft.transform(ops.reshape(frames, (batch, -1, stft.size)))[..., :COMB_BINS]
        # The rest of the delay, less than a sample, is a turn of each bin.
        turn = -2 * np.pi / stft.rate * ops.cast(stft.frequencies[:COMB_BINS], delay.dtype) * (delay - whole)[..., None]
        return spectra * complex_of(ops.cos(turn), ops.sin(turn))


def window_overlap(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the autocorrelation of the 32 ms Hamming window at these lags, 1 at lag 0.

    The circular one, as the transform of a frame's powers is. It is a little high for sounds whose period does not
    divide the window: their autocorrelation stays below 1, that of 75 Hz at .71.
    """
    a, b = 0.54, 0.46
    turn = 2 * np.pi * seconds / (HOP_SECONDS * HOPS_IN_WINDOW)
    return (a * a + b * b / 2 * np.cos(turn)) / (a * a + b * b / 2)
