"""Short-time Fourier transform on the engine's grid of frames."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from training.network.backend import irfft, rfft
from training.network.frames import HOPS_A_WINDOW, hop_length

Tensor = Any


class Stft:
    """Short-time Fourier transform: frame t ends with the t-th hop, zeros come before the first sample.

    Periodic Hamming window of four hops; scaled so that a full-scale sine has magnitude 1 at every rate.

    Parameters
    ----------
    rate : float
        Sample rate, Hz.

    Attributes
    ----------
    hop, size, bins : int
        Samples from frame to frame, samples of a window, bins of a spectrum.
    frequencies : ndarray, (bins,)
        Of the bins, Hz.

    Examples
    --------
    >>> stft = Stft(8000)
    >>> tuple(stft(np.zeros((1, 640), np.float32)).shape)
    (1, 10, 129)
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.hop = hop_length(rate)
        self.size = HOPS_A_WINDOW * self.hop
        self.bins = self.size // 2 + 1
        self.frequencies = np.arange(self.bins) * rate / self.size
        window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(self.size) / self.size)
        self._analysis = window * 2 / window.sum()
        overlap = np.tile((window**2).reshape(HOPS_A_WINDOW, -1).sum(0), HOPS_A_WINDOW)
        self._synthesis = window / overlap * window.sum() / 2

    def __call__(self, samples: Tensor) -> Tensor:
        """Return the spectra of the whole hops in `samples`.

        Parameters
        ----------
        samples : tensor or array, (batch, samples)

        Returns
        -------
        tensor, complex, (batch, samples // hop, size // 2 + 1)
        """
        samples = ops.convert_to_tensor(samples)
        batch, length = ops.shape(samples)
        past = HOPS_A_WINDOW - 1
        whole = samples[:, : length // self.hop * self.hop]
        hops = ops.reshape(ops.pad(whole, ((0, 0), (past * self.hop, 0))), (batch, -1, self.hop))
        frames = ops.concatenate([hops[:, k : (k - past) or None] for k in range(HOPS_A_WINDOW)], axis=-1)
        return self.transform(frames)

    def transform(self, frames: Tensor) -> Tensor:
        """Return the spectra of frames (batch, time, size), cut out already."""
        return rfft(frames * ops.cast(self._analysis, frames.dtype))

    def samples(self, spectra: Tensor) -> Tensor:
        """Return the samples whose spectra these are: each frame's last hop, the window taken off.

        Unlike `inverse`, it has the last hops whole, and takes spectra of no other origin.
        """
        frames = irfft(spectra, self.size)
        last = frames[..., -self.hop :] / ops.cast(self._analysis[-self.hop :], frames.dtype)
        return ops.reshape(last, (ops.shape(last)[0], -1))

    def inverse(self, spectra: Tensor) -> Tensor:
        """Return the samples by overlap-add; the last three hops still lack the frames that would follow.

        Parameters
        ----------
        spectra : tensor, complex, (batch, time, bin)

        Returns
        -------
        tensor, (batch, time * hop)
        """
        frames = irfft(spectra, self.size)
        batch, time = ops.shape(frames)[:2]
        past = HOPS_A_WINDOW - 1
        # A hop is the sum of the last quarter of its own frame, the third of the next one, and so on.
        parts = ops.pad(frames * ops.cast(self._synthesis, frames.dtype), ((0, 0), (0, past), (0, 0)))
        hops = parts[:, :-past, past * self.hop :]
        for later in range(1, HOPS_A_WINDOW):
            start = (past - later) * self.hop
            hops = hops + parts[:, later : (later - past) or None, start : start + self.hop]
        return ops.reshape(hops, (batch, time * self.hop))
