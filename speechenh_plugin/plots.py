"""Pictures of a sound before and after: waveforms and spectrograms."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Audio = npt.NDArray[np.floating[Any]]

WINDOW = 0.032
"""Length of a spectrum's window in seconds, as of the denoiser's."""

RANGE_DB = 80
"""Decibels below the loudest point that a spectrogram shows."""

_FRAME = 0.02
_AT_ONCE = 1024  # frames
_TINY = 1e-10


@dataclass(frozen=True)
class Levels:
    """Levels of a sound, in dB of full scale.

    Attributes
    ----------
    peak_db : float
        Largest sample.
    rms_db : float
        Mean power.
    noise_floor_db : float
        Power that a tenth of the frames of 20 ms stay below: what pauses sound like.
    """

    peak_db: float
    rms_db: float
    noise_floor_db: float


def levels(audio: Audio, sample_rate: float) -> Levels:
    """Measure a sound.

    Parameters
    ----------
    audio : np.ndarray [shape=(samples,)]
        Full scale is 1.
    sample_rate : float
        In Hz.

    Returns
    -------
    Levels
    """
    size = round(_FRAME * sample_rate)
    frames = audio[: len(audio) // size * size].reshape(-1, size) if len(audio) >= size else audio[np.newaxis]
    powers = np.mean(np.square(frames, dtype=np.float64), axis=1)
    return Levels(
        peak_db=float(20 * np.log10(np.abs(audio).max(initial=0) + _TINY)),
        rms_db=float(10 * np.log10(powers.mean() + _TINY**2)),
        noise_floor_db=float(10 * np.log10(np.quantile(powers, 0.1) + _TINY**2)),
    )


def spectrogram(audio: Audio, sample_rate: float) -> npt.NDArray[np.float32]:
    """Power of each frame and bin.

    Parameters
    ----------
    audio : np.ndarray [shape=(samples,)]
        Full scale is 1.
    sample_rate : float
        In Hz.

    Returns
    -------
    np.ndarray [shape=(bins, frames), dtype=float32]
        In dB; a full-scale sine has 0.
    """
    size = round(WINDOW * sample_rate)
    window = np.hanning(size + 1)[:-1]
    padded = np.pad(audio, size // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 4]
    levels = np.empty((size // 2 + 1, len(frames)), np.float32)
    for start in range(0, len(frames), _AT_ONCE):
        spectra = np.fft.rfft(frames[start : start + _AT_ONCE] * window) * (2 / window.sum())
        levels[:, start : start + _AT_ONCE] = 20 * np.log10(np.abs(spectra.T) + _TINY)
    return levels


def before_after(
    before: Audio, after: Audio, sample_rate: float, path: str | PathLike[str], title: str = "", dpi: int = 100
) -> None:
    """Draw waveforms and spectrograms of a sound before and after, to the same scales.

    Parameters
    ----------
    before, after : np.ndarray [shape=(samples,)]
        Full scale is 1.
    sample_rate : float
        In Hz.
    path : str or path-like
        PNG file to write.
    title : str
        Line above the picture.
    dpi : int
        Resolution; the picture is 10 by 5 inches.

    Raises
    ------
    ModuleNotFoundError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise ModuleNotFoundError("pictures need matplotlib; pip install 'speechenh-plugin[plot]' brings it") from None
    figure = Figure(figsize=(10, 5), dpi=dpi, layout="constrained")
    if title:
        figure.suptitle(title)
    draw(figure, {"before": before, "after": after}, sample_rate)
    figure.savefig(path, format="png")


def draw(figure: "Figure", sounds: Mapping[str, Audio], sample_rate: float) -> None:
    """Draw waveforms and, below them, spectrograms of sounds side by side, to the same scales.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty; with ``layout="constrained"``.
    sounds : mapping of str to np.ndarray [shape=(samples,)]
        By what stands above each; one or more, of one length. Full scale is 1.
    sample_rate : float
        In Hz.
    """
    axes = figure.subplots(2, len(sounds), sharex=True, height_ratios=(1, 2.5), squeeze=False)
    seconds = max(len(audio) for audio in sounds.values()) / sample_rate
    peak = max(float(np.abs(audio).max(initial=_TINY)) for audio in sounds.values())
    pictures = [spectrogram(audio, sample_rate) for audio in sounds.values()]
    top = max(picture.max() for picture in pictures)
    for column, ((name, audio), picture) in enumerate(zip(sounds.items(), pictures, strict=True)):
        wave, spectrum = axes[0][column], axes[1][column]
        _draw_wave(wave, audio, seconds)
        wave.set(title=name, ylim=(-peak, peak))
        image = spectrum.imshow(
            picture,
            origin="lower",
            aspect="auto",
            extent=(0, seconds, 0, sample_rate / 2000),
            vmin=top - RANGE_DB,
            vmax=top,
            cmap="magma",
        )
        spectrum.set(xlabel="time (s)")
    axes[0][0].set(ylabel="amplitude")
    axes[1][0].set(ylabel="frequency (kHz)")
    figure.colorbar(image, ax=axes[1], label="level (dB)", pad=0.01)


def _draw_wave(axes: Any, audio: Audio, seconds: float, columns: int = 1000) -> None:
    """Draw the span between the lowest and the highest sample of each column, as editors do."""
    parts = np.array_split(audio, min(columns, max(len(audio), 1)))
    times = (np.arange(len(parts)) + 0.5) * seconds / len(parts)
    axes.fill_between(times, [part.min(initial=0) for part in parts], [part.max(initial=0) for part in parts], lw=0)
    axes.set(xlim=(0, seconds))
