"""Filters: magnitude responses on a coarse grid, applied to whole signals without delay; convolution; band limits.

A response has one gain at each frequency of `grid`. Responses multiply, so that any number of colours costs one pass.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from training.audio import Audio, fit, resample

Generator = np.random.Generator
Response = npt.NDArray[np.float32]

GRID_HZ = 23.4
"""Distance of a grid's frequencies, about."""


def taps(rate: int) -> int:
    """Length of the filters that a response becomes, in samples: a power of two near 43 ms."""
    return int(2 ** round(np.log2(rate / GRID_HZ)))


@functools.cache
def grid(rate: int) -> npt.NDArray[np.float64]:
    """Frequencies of a response in Hz, from 0 to half the sampling rate."""
    return np.asarray(np.fft.rfftfreq(taps(rate), 1 / rate), np.float64)


def shelf(rate: int, corner_hz: float, gain_db: float, kind: str) -> Response:
    """Magnitude of a shelving biquad of slope 1 ("low" or "high"), from R. Bristow-Johnson's "Audio EQ Cookbook"."""
    gain = 10 ** (gain_db / 40)
    omega = 2 * np.pi * min(corner_hz / rate, 0.49)
    sign = 1 if kind == "low" else -1
    cosine = sign * np.cos(omega)
    root = np.sqrt(2 * gain) * np.sin(omega)
    b = (
        gain * ((gain + 1) - (gain - 1) * cosine + root),
        sign * 2 * gain * ((gain - 1) - (gain + 1) * cosine),
        gain * ((gain + 1) - (gain - 1) * cosine - root),
    )
    a = (
        (gain + 1) + (gain - 1) * cosine + root,
        sign * -2 * ((gain - 1) + (gain + 1) * cosine),
        (gain + 1) + (gain - 1) * cosine - root,
    )
    return _magnitude(rate, b, a)


def peak(rate: int, centre_hz: float, gain_db: float, quality: float) -> Response:
    """Magnitude of a peaking biquad, from the same."""
    b, a = peak_coefficients(rate, centre_hz, gain_db, quality)
    return _magnitude(rate, b, a)


def peak_coefficients(
    rate: int, centre_hz: float, gain_db: float, quality: float
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Coefficients b and a of a peaking biquad, from the same."""
    gain = 10 ** (gain_db / 40)
    omega = 2 * np.pi * min(centre_hz / rate, 0.49)
    alpha = np.sin(omega) / (2 * quality)
    middle = -2 * np.cos(omega)
    return (1 + alpha * gain, middle, 1 - alpha * gain), (1 + alpha / gain, middle, 1 - alpha / gain)


def low_pass(rate: int, cut_hz: float) -> Response:
    """Leave what lies below a frequency: the upper 5 % of the band fall as half a cosine does, above is nothing."""
    start = 0.95 * cut_hz
    within = np.clip((grid(rate) - start) / (cut_hz - start), 0, 1)
    return (0.5 + 0.5 * np.cos(np.pi * within)).astype(np.float32)


def band_pass(rate: int, low_hz: float, high_hz: float) -> Response:
    """Magnitude of a Butterworth band pass, 24 dB an octave on either side."""
    frequencies = np.maximum(grid(rate), 1e-3)
    order = 8
    return np.asarray(
        1 / np.sqrt((1 + (low_hz / frequencies) ** order) * (1 + (frequencies / high_hz) ** order)), np.float32
    )


def filtered(audio: Audio, responses: Response, rate: int) -> Audio:
    """Filter signals, each by its own response, without delay (linear phase, overlap-save).

    Parameters
    ----------
    audio : (signals, samples) float32
    responses : (signals, frequencies of `grid`) float32
    rate
        Sampling rate in Hz.

    Returns
    -------
    (signals, samples) float32
    """
    size = taps(rate)
    impulse = np.roll(fft.irfft(responses, size), size // 2, axis=-1) * _window(size)
    block = 4 * size
    hop = block - size
    samples = audio.shape[-1]
    blocks = -(-samples // hop)
    padded = np.pad(audio, ((0, 0), (size // 2, blocks * hop + size // 2 - samples)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, block, axis=-1)[:, ::hop]
    spectra = fft.rfft(np.ascontiguousarray(frames)) * fft.rfft(impulse, block)[:, None]
    made = fft.irfft(spectra, block)[..., size:]
    return np.asarray(made.reshape(len(audio), -1)[:, :samples], np.float32)


def convolve(audio: Audio, response: Audio) -> Audio:
    """Pass through an impulse response, keeping the length.

    Parameters
    ----------
    audio : (samples,) float32
    response : (..., taps) float32
        Several responses give several outputs for one transform of the input.

    Returns
    -------
    (..., samples) float32
    """
    samples = audio.shape[-1]
    size = fft.next_fast_len(samples + response.shape[-1] - 1, real=True)
    product = fft.rfft(audio, size) * fft.rfft(response, size)
    return np.asarray(fft.irfft(product, size)[..., :samples], dtype=np.float32)


def band_of(band_rate: int, audio: Audio, rate: int) -> Audio:
    """Leave what a lower sampling rate holds, in Hz: down to it and back."""
    if band_rate >= rate:
        return audio
    return fit(resample(resample(audio, rate, band_rate), band_rate, rate), audio.shape[-1])


def log_uniform(rng: Generator, low: float, high: float) -> float:
    """Draw on a logarithmic scale."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


@functools.cache
def _window(size: int) -> Audio:
    return np.asarray(signal.windows.hann(size, sym=False), np.float32)


@functools.cache
def _unit_circle(rate: int) -> npt.NDArray[np.complex128]:
    return np.asarray(np.exp(-2j * np.pi * grid(rate) / rate))


def _magnitude(rate: int, b: tuple[float, float, float], a: tuple[float, float, float]) -> Response:
    z = _unit_circle(rate)
    return np.abs((b[0] + z * (b[1] + z * b[2])) / (a[0] + z * (a[1] + z * a[2]))).astype(np.float32)
