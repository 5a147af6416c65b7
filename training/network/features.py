"""From samples to what a network sees, and from what it says to a cleaned spectrum.

The engine computes the same; every formula stands here once and runs on NumPy arrays and on TensorFlow tensors alike.
Spectra are (batch, time, bin), network inputs and outputs (batch, time, position, channel).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow.experimental.numpy as tnp

from training.network.front_end import BANDS

Array = Any  # np.ndarray or tf.Tensor
HOP_SECONDS = 0.008
HOPS_A_WINDOW = 4
LARGEST_PRIME = 11

ACTIVE = 1e-4
"""Least power of an active frame, as a share of the loudest frame's (Taal et al. 2011: 40 dB)."""
SILENCE = 1e-9
"""Power of a frame with nothing in it, full scale being 1."""


def hop_length(rate: float) -> int:
    """Hop in samples: the whole number nearest 8 ms without prime factors above 11 (of two as near, the lower).

    Examples
    --------
    >>> [hop_length(rate) for rate in (8000, 22050, 44100, 48000)]
    [64, 176, 352, 384]
    """
    exact = rate * HOP_SECONDS
    candidates = range(max(1, int(exact * 0.8)), int(exact * 1.25) + 2)
    return min((n for n in candidates if _smooth(n)), key=lambda n: (abs(n - exact), n))


def _smooth(n: int) -> bool:
    for prime in (2, 3, 5, 7, 11):
        while n % prime == 0:
            n //= prime
    return n == 1


class Stft:
    """Short-time Fourier transform on the engine's grid: frame t ends with the t-th hop, zeros come first.

    Periodic Hamming window of four hops; scaled so that a full-scale sine has magnitude 1 at every rate.

    Parameters
    ----------
    rate : float
        Sample rate, Hz.

    Examples
    --------
    >>> stft = Stft(8000)
    >>> stft(np.zeros((1, 640), np.float32)).shape
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

    def __call__(self, samples: Array) -> Array:
        """Spectra of the whole hops in `samples`.

        Parameters
        ----------
        samples : array, (batch, samples)

        Returns
        -------
        array, complex, (batch, samples // hop, size // 2 + 1)
        """
        past = self.size - self.hop
        if isinstance(samples, np.ndarray):
            padded = np.pad(samples, ((0, 0), (past, 0)))
            frames = np.lib.stride_tricks.sliding_window_view(padded, self.size, 1)[:, :: self.hop]
            return np.fft.rfft(frames * self._analysis)
        padded = tf.pad(samples, [[0, 0], [past, 0]])
        frames = tf.signal.frame(padded, self.size, self.hop)
        return tf.signal.rfft(frames * tf.constant(self._analysis, frames.dtype))

    def inverse(self, spectra: Array) -> Array:
        """Overlap-add; the last three hops still lack the frames that would follow.

        Parameters
        ----------
        spectra : array, complex, (batch, time, bin)

        Returns
        -------
        array, (batch, time * hop)
        """
        past = self.size - self.hop
        if isinstance(spectra, np.ndarray):
            frames = np.fft.irfft(spectra, self.size) * self._synthesis
            out = np.zeros((frames.shape[0], frames.shape[1] * self.hop + past), frames.dtype)
            for t in range(frames.shape[1]):
                out[:, t * self.hop : t * self.hop + self.size] += frames[:, t]
            return out[:, past:]
        frames = tf.signal.irfft(spectra, [self.size])
        return tf.signal.overlap_and_add(frames * tf.constant(self._synthesis, frames.dtype), self.hop)[:, past:]


class Narrowband:
    """The reference recipe: 129 magnitudes over 0-4 kHz, standardised by each frame's own mean and deviation.

    Parameters
    ----------
    declaration : mapping
        The graph's ``front_end``.
    rate : float
        Sample rate, Hz; at least 8000.
    """

    def __init__(self, declaration: Mapping[str, Any], rate: float) -> None:
        self.stft = Stft(rate)
        self.max_gain = declaration["max_gain"]
        self.lookahead = declaration["lookahead"]
        if self.stft.bins < BANDS:
            raise ValueError(f"the narrowband front end needs a rate of at least 8000 Hz, not {rate:g}")

    def inputs(self, noisy: Array) -> dict[str, Array]:
        """Network inputs from noisy spectra (batch, time, bin)."""
        magnitude, mean, deviation = self._standard(noisy)
        return {"input": ((magnitude - mean) / deviation)[..., None]}

    def target(self, noisy: Array, clean: Array) -> Array:
        """Put the clean magnitude on the noisy frame's scale: what "magnitude" should be, (batch, time, 129, 1)."""
        _, mean, deviation = self._standard(noisy)
        return ((_np(clean).abs(clean[..., :BANDS]) - mean) / deviation)[..., None]

    def gains(self, outputs: Mapping[str, Array], noisy: Array) -> Array:
        """Gain of each bin, (batch, time, bin); above 4 kHz that of the band's top 500 Hz."""
        xp = _np(noisy)
        magnitude, mean, deviation = self._standard(noisy)
        estimate = outputs["magnitude"][..., 0] * deviation + mean
        gains = xp.clip(
            estimate / xp.maximum(magnitude, _as(1e-9, magnitude)),
            _as(0, magnitude),
            _as(self.max_gain, magnitude),
        )
        top = xp.mean(gains[..., BANDS - 16 :], axis=-1, keepdims=True)
        return xp.concatenate([gains, xp.repeat(top, self.stft.bins - BANDS, axis=-1)], axis=-1)

    def estimate(self, outputs: Mapping[str, Array], noisy: Array) -> Array:
        """Clean the spectra; the noisy phase is kept."""
        return scaled(noisy, self.gains(outputs, noisy))

    def _standard(self, noisy: Array) -> tuple[Array, Array, Array]:
        xp = _np(noisy)
        magnitude = xp.abs(noisy[..., :BANDS])
        mean = xp.mean(magnitude, axis=-1, keepdims=True)
        deviation = xp.sqrt(xp.mean((magnitude - mean) ** 2, axis=-1, keepdims=True))
        return magnitude, mean, xp.maximum(deviation, _as(1e-7, deviation))


class Fullband:
    """129 log band energies over 0-24 kHz at any rate, and the lowest bins as compressed complex numbers if declared.

    Parameters
    ----------
    declaration : mapping
        The graph's ``front_end``.
    rate : float
        Sample rate, Hz.
    """

    def __init__(self, declaration: Mapping[str, Any], rate: float) -> None:
        self.stft = Stft(rate)
        self.declaration = dict(declaration)
        self.lookahead = declaration["lookahead"]
        self.triangles = triangles(np.asarray(declaration["centers"]), self.stft.frequencies)

    def inputs(self, noisy: Array) -> dict[str, Array]:
        """Network inputs from noisy spectra (batch, time, bin)."""
        a, xp = self.declaration, _np(noisy)
        average = band_averages(self.triangles)
        powers = power(noisy)
        energy = xp.matmul(powers, _as(average, powers))
        decibels = xp.log10(energy + _as(a["floor"], energy)) * 10
        inputs = {"bands": ((decibels + a["offset"]) / a["scale"])[..., None]}
        if a["low_bins"]:
            low = noisy[..., : a["low_bins"]]
            # At X = 0 the tiny constant makes 0 * finite out of 0 * infinity, and keeps gradients finite.
            shrink = (powers[..., : a["low_bins"]] + _as(1e-24, powers)) ** ((a["compression"] - 1) / 2)
            inputs["low"] = xp.stack([xp.real(low) * shrink, xp.imag(low) * shrink], axis=-1)
        return inputs

    def gains(self, outputs: Mapping[str, Array], noisy: Array) -> Array:
        """Gain of each bin, (batch, time, bin)."""
        gains = outputs["gains"][..., 0]
        return _np(gains).matmul(gains, _as(self.triangles, gains))

    def estimate(self, outputs: Mapping[str, Array], noisy: Array) -> Array:
        """Clean the spectra by gains, and the lowest bins by filters across frames (Mack & Habets 2020) too.

        What the filter gives is added to the bin: an untrained one, near zero, leaves it as it is.
        """
        xp, a = _np(noisy), self.declaration
        cleaned = noisy
        if "filter" in outputs:
            low, taps = a["low_bins"], a["taps"]
            real, imaginary = outputs["filter"][..., :taps], outputs["filter"][..., taps:]
            filtered = noisy[..., :low]
            for tap in range(taps):
                past = noisy[:, :-tap, :low] if tap else noisy[..., :low]
                zeros = xp.zeros_like(noisy[:, :tap, :low])
                past = xp.concatenate([zeros, past], axis=1)
                filtered = filtered + _complex(real[..., tap], imaginary[..., tap]) * past
            cleaned = xp.concatenate([filtered, noisy[..., low:]], axis=-1)
        return scaled(cleaned, self.gains(outputs, noisy))


FrontEnd = Narrowband | Fullband


def front_end(declaration: Mapping[str, Any], rate: float) -> FrontEnd:
    """Make the front end that a graph declares, at a sample rate.

    Raises
    ------
    ValueError
        If its kind is unknown.
    """
    kinds: dict[str, type[FrontEnd]] = {"narrowband": Narrowband, "fullband": Fullband}
    if declaration.get("kind") not in kinds:
        raise ValueError(f"front end '{declaration.get('kind')}' is neither narrowband nor fullband")
    return kinds[declaration["kind"]](declaration, rate)


def triangles(centers: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Triangular band weights (band, bin): linear between neighbouring centres, so that they sum to one at each bin.

    Parameters
    ----------
    centers : ndarray, (bands,)
        Hz, ascending. Below the first and above the last, that band alone counts.
    frequencies : ndarray, (bins,)
        Hz.
    """
    position = np.interp(frequencies, centers, np.arange(len(centers)))
    away = np.abs(position[None] - np.arange(len(centers))[:, None])
    return np.asarray(np.maximum(1 - away, 0))


def band_averages(weights: np.ndarray) -> np.ndarray:
    """Make of band weights (band, bin) what gives each band's mean power, (bin, band); a band with no bin has none."""
    sums = weights.sum(1)
    return np.asarray(weights.T / np.where(sums > 0, sums, 1))


# -- one source for two libraries


def power(spectra: Array) -> Array:
    """Squared magnitude."""
    xp = _np(spectra)
    # In TensorFlow the slope of `x**2` is a power again, compiled a call of the library for each value.
    return xp.square(xp.real(spectra)) + xp.square(xp.imag(spectra))


def active(powers: Array) -> Array:
    """Tell which frames of (batch, time, bin) somebody speaks in: within 40 dB of the loudest one, as STOI counts."""
    xp = _np(powers)
    levels = xp.sum(powers, -1)
    return (levels > ACTIVE * xp.max(levels, -1, keepdims=True)) & (levels > SILENCE)


def scaled(spectra: Array, gains: Array) -> Array:
    """Multiply complex spectra by real gains."""
    if isinstance(spectra, np.ndarray):
        return spectra * gains
    # TensorFlow would make the gains complex, and four products of each.
    return tf.complex(tf.math.real(spectra) * gains, tf.math.imag(spectra) * gains)


def _np(x: Array) -> Any:
    return np if isinstance(x, np.ndarray) else tnp


def _as(value: Any, like: Array) -> Array:
    """Make a constant of the real type of `like` (TensorFlow's NumPy would else widen to float64)."""
    if isinstance(like, np.ndarray):
        return np.asarray(value, like.dtype)
    return tf.constant(value, like.dtype)


def _complex(real: Array, imaginary: Array) -> Array:
    return real + 1j * imaginary if isinstance(real, np.ndarray) else tf.complex(real, imaginary)
