"""A comb filter at a voice's pitch, which takes down what lies between its harmonics."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from speechenh_plugin.constants import (
    COMB_BINS,
    HOP_SECONDS,
    HOPS_IN_WINDOW,
    LAG_RATE,
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

LEAST_POWER = 1e-18
"""Power that is added to a frame's, which may be silent."""


class Comb:
    """Mean of a frame and of the one that a period of the voice earlier ended, weighted bin by bin.

    Two periods of a voice are alike, and add up; the noise of two periods is not, and adds up to less between the
    harmonics, where the voice's periods cancel (Lim, Oppenheim & Braida 1978; with a frame's own past, Valin 2018). The
    period is the lag of the highest autocorrelation of the estimate, of the powers of which it is the cosine transform,
    divided by that of the window (Boersma 1993).

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
        score = correlation / (ops.sum(used, -1, keepdims=True) + LEAST_POWER) - ops.cast(self._cost, used.dtype)
        best = ops.argmax(score[..., 1:-1], -1) + 1
        before, at, after = (ops.take_along_axis(score, (best + k)[..., None], -1)[..., 0] for k in (-1, 0, 1))
        # The vertex of the parabola through three values; at an end of the range there may be none between them.
        bend = ops.minimum(before - 2 * at + after, -1e-6)
        vertex = ops.clip(0.5 * (before - after) / bend, -0.5, 0.5)
        periods = (ops.cast(best, used.dtype) + SHORTEST_LAG + vertex) / LAG_RATE
        height = at + ops.take(ops.cast(self._cost, used.dtype), best)
        return periods, ops.clip((height - UNVOICED) / (VOICED - UNVOICED), 0, 1)

    def earlier(self, noisy: Tensor, periods: Tensor) -> Tensor:
        """Return the spectra of the frames that ended a period earlier, (batch, time, `COMB_BINS`)."""
        stft = self._stft
        samples = stft.samples(noisy)
        batch, length = ops.shape(samples)
        reach = 2 * stft.hop + stft.size
        padded = ops.pad(samples, ((0, 0), (reach, 0)))
        delay = periods * stft.rate
        whole = ops.floor(delay)
        ends = reach + stft.hop * (1 + np.arange(length // stft.hop))
        first = ops.cast(ends - stft.size, "int32") - ops.cast(whole, "int32")
        index = first[..., None] + ops.cast(np.arange(stft.size), "int32")
        frames = ops.take_along_axis(padded, ops.reshape(index, (batch, -1)), 1)
        spectra = stft.transform(ops.reshape(frames, (batch, -1, stft.size)))[..., :COMB_BINS]
        # The rest of the delay, less than a sample, is a turn of each bin.
        turn = -2 * np.pi / stft.rate * ops.cast(stft.frequencies[:COMB_BINS], delay.dtype) * (delay - whole)[..., None]
        return spectra * complex_of(ops.cos(turn), ops.sin(turn))


def window_overlap(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the circular autocorrelation of the 32 ms Hamming window at these lags, 1 at lag 0.

    Circular, as that of a frame is of whose powers it is the transform.
    """
    lag = seconds / (HOP_SECONDS * HOPS_IN_WINDOW)
    return (_overlap(lag) + _overlap(1 - lag)) / _overlap(np.zeros(1))


def _overlap(lag: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    a, b = 0.54, 0.46
    left, sine, cosine = 1 - lag, np.sin(2 * np.pi * lag), np.cos(2 * np.pi * lag)
    return a * a * left + a * b * sine / np.pi + b * b / 2 * (left * cosine - sine / (2 * np.pi))
