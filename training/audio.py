"""Reading and resampling of audio: mono float32 in, one clear sentence when it cannot be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from speechenh_plugin import AudioFileError
from speechenh_plugin.audio import reader
from training.atomic import whole

Audio = npt.NDArray[np.float32]

SUFFIXES = frozenset(
    (".aif", ".aiff", ".au", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".rf64", ".snd", ".w64", ".wav")
)
"""File name endings (lower case) that are taken for audio when a folder is listed."""


UNKNOWN_FRAMES = 1 << 40
"""From here on, a length that libsndfile gives stands for an unknown one."""


OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
"""Sampling rates of Opus, Hz."""


class AudioError(Exception):
    """A file that cannot be read as audio or written, or that holds nothing usable."""


def audio_files(root: Path) -> Iterator[str]:
    """Audio files below `root`, in the order of their names on every system; links to a folder above are left out."""
    for folder, folders, files in os.walk(root, followlinks=True):
        above = {os.path.realpath(parent) for parent in (Path(folder), *Path(folder).parents)}
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and os.path.realpath(Path(folder) / name) not in above
        )
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield (Path(folder) / name).relative_to(root).as_posix()


@dataclass(frozen=True, slots=True)
class Info:
    """What a file holds: `sample_rate` in Hz and length in `frames`."""

    sample_rate: int
    frames: int


def info(path: str | os.PathLike[str]) -> Info:
    """Read the header of an audio file; where it does not say the length, decode the file.

    Parameters
    ----------
    path
        Any file that libsndfile reads: WAV, FLAC, Ogg, Opus, MP3 ...

    Returns
    -------
    Info
        Sampling rate and length.

    Raises
    ------
    AudioError
        If the file is missing or is not audio.
    """
    try:
        header = soundfile.info(os.fspath(path))
        if header.frames < UNKNOWN_FRAMES:
            return Info(header.samplerate, header.frames)
    except (soundfile.SoundFileError, OSError, TypeError):
        pass
    audio, rate = _decoded(path)
    return Info(rate, audio.shape[1])


def read(
    path: str | os.PathLike[str],
    sample_rate: int | None = None,
    *,
    start: int = 0,
    frames: int = -1,
) -> tuple[Audio, int]:
    """Read an audio file, or a part of it, as mono.

    Parameters
    ----------
    path
        Any file that libsndfile reads: WAV, FLAC, Ogg, Opus, MP3 ...
    sample_rate
        Rate wanted, in Hz; the file's own by default.
    start, frames
        Part to read, in samples at the file's own rate; -1 reads to the end.

    Returns
    -------
    audio : (samples,) float32
        Mean of the channels, full scale = 1.
    sample_rate : int
        Rate of `audio` in Hz.

    Raises
    ------
    AudioError
        If the file is missing, is not audio, is empty, or holds NaN or infinity.

    Examples
    --------
    >>> audio, rate = read("speech.mp3", sample_rate=8000)  # doctest: +SKIP
    """
    try:
        samples, rate = soundfile.read(os.fspath(path), start=start, frames=frames, dtype="float32", always_2d=True)
        channels = samples.T
    except (soundfile.SoundFileError, OSError, TypeError, ValueError, MemoryError):
        # Of an unknown length, or stricter than others: the package's reader decodes what there is.
        channels, rate = _decoded(path, start, None if frames < 0 else frames)
    if not channels.size:
        raise AudioError(f"{path} holds no sample.")
    audio = channels.mean(axis=0)
    if not np.isfinite(audio).all():
        raise AudioError(f"{path} holds samples that are not finite numbers.")
    if sample_rate is None:
        return audio, rate
    return resample(audio, rate, sample_rate), sample_rate


def write_flac(path: Path, audio: Audio, sample_rate: int, subtype: str = "PCM_16") -> None:
    """Write a FLAC file, which appears when it is whole; what exceeds full scale is clipped, missing folders are made.

    Parameters
    ----------
    path
        Of the file.
    audio : (samples,) float32
    sample_rate
        In Hz.
    subtype
        "PCM_16" or "PCM_24".

    Raises
    ------
    AudioError
        If it cannot be written.
    """
    _write(path, audio, sample_rate, "FLAC", subtype)


def write_opus(path: Path, audio: Audio, sample_rate: int) -> None:
    """Write Ogg Opus, as `write_flac` does, at the next rate that Opus has, of at most 48 kHz."""
    rate = next((of_opus for of_opus in OPUS_RATES if of_opus >= sample_rate), OPUS_RATES[-1])
    _write(path, resample(audio, sample_rate, rate), rate, "OGG", "OPUS")


def _write(path: Path, audio: Audio, sample_rate: int, container: str, subtype: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with whole(path) as part:
            soundfile.write(part, np.clip(audio, -1, 1), sample_rate, format=container, subtype=subtype)
    except soundfile.SoundFileError as error:
        raise AudioError(f"{path} cannot be written: {error}") from error


def _refusal(path: str | os.PathLike[str]) -> str:
    # libsndfile's own message for a corrupt MP3 is that the file does not exist.
    return f"{path} is not audio that libsndfile can decode." if Path(path).exists() else f"There is no file {path}."


def _decoded(path: str | os.PathLike[str], start: int = 0, frames: int | None = None) -> tuple[Audio, int]:
    """Decode (channels, samples) by the package's reader, which believes no header."""
    try:
        return reader.read(path, start, frames)
    except AudioFileError as error:
        raise AudioError(_refusal(path)) from error


def resample(audio: Audio, rate_in: float, rate_out: float) -> Audio:
    """Resample along the last axis with soxr (quality HQ, linear phase).

    Parameters
    ----------
    audio : (..., samples) float32
        At most one leading axis (channels).
    rate_in, rate_out
        Rates in Hz; only their ratio counts.

    Returns
    -------
    (..., samples * rate_out / rate_in) float32
    """
    if rate_in == rate_out:
        return audio
    return np.ascontiguousarray(soxr.resample(audio.T, rate_in, rate_out).T, dtype=np.float32)


def fit(audio: Audio, samples: int) -> Audio:
    """Cut, or pad with zeros, to a length."""
    missing = samples - audio.shape[-1]
    if missing <= 0:
        return audio[..., :samples]
    return np.pad(audio, [(0, 0)] * (audio.ndim - 1) + [(0, missing)])


def decibels(ratio: float) -> float:
    """Power ratio in dB, with zero power at -inf.

    Examples
    --------
    >>> decibels(100.0)
    20.0
    """
    return float(10 * np.log10(ratio)) if ratio > 0 else -np.inf


def amplitude(level_db: float) -> float:
    """Amplitude factor of a level in dB.

    Examples
    --------
    >>> amplitude(-20.0)
    0.1
    """
    return float(10 ** (level_db / 20))


def active_power(audio: Audio, sample_rate: int, top_db: float = 40.0) -> float:
    """Mean power while something is heard.

    Frames of 20 ms within `top_db` of the loudest one count, so that pauses do not
    lower a talker's level (the idea of ITU-T P.56).

    Parameters
    ----------
    audio : (samples,) float32
    sample_rate
        In Hz.
    top_db
        Depth below the loudest frame at which a frame counts as a pause, in dB.

    Returns
    -------
    float
        Mean square over the active frames; 0 for silence or no sample.
    """
    size = max(1, sample_rate // 50)
    if len(audio) < size:
        return float(np.mean(np.square(audio))) if len(audio) else 0.0
    frames = audio[: len(audio) // size * size].reshape(-1, size)
    power = np.einsum("ij,ij->i", frames, frames) / size
    return float(power[power >= power.max() * 10 ** (-top_db / 10)].mean())


def without_silence(audio: Audio, sample_rate: int, top_db: float) -> Audio:
    """Cut quiet stretches out, as joining what `librosa.effects.split` returns does.

    Parameters
    ----------
    audio : (samples,) float32
    sample_rate
        In Hz; frames are the power of two nearest 64 ms, a quarter of it apart.
    top_db
        Frames this far below the loudest one are cut out, in dB.

    Returns
    -------
    (n,) float32
    """
    frame = int(2 ** round(np.log2(0.064 * sample_rate)))
    hop = frame // 4
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(audio, frame // 2), frame)[::hop]
    power = np.einsum("ij,ij->i", frames, frames)
    loud = power > power.max() * 10 ** (-top_db / 10)
    return np.asarray(audio[np.repeat(loud, hop)[: len(audio)]], dtype=np.float32)


def bandwidth(audio: Audio, sample_rate: int, *, threshold_db: float = -60.0, gap_hz: float = 2000.0) -> float:
    """Highest frequency that a speech clip really holds.

    Bands of 250 Hz are measured in their loudest 5 % of frames (fricatives) and compared
    with the loudest band. The clip's band ends where the first gap of `gap_hz` begins:
    a faint residue further up (codec artefacts, a line at 15.6 kHz) is no speech. Bands no
    louder than the rounding noise of 16-bit samples never count.

    Parameters
    ----------
    audio : (samples,) float32
    sample_rate
        In Hz.
    threshold_db
        Level below the loudest band under which a band counts as empty, in dB.
    gap_hz
        Width of emptiness that ends the band, in Hz.

    Returns
    -------
    float
        In Hz, at most `sample_rate / 2`; 0 for silence.

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    >>> round(bandwidth(resample(noise, 16000, 48000), 48000), -3)
    8000.0
    """
    size = 2 ** round(np.log2(sample_rate / 32))
    if len(audio) < size:
        audio = np.pad(audio, (0, size - len(audio)))
    window = np.hanning(size).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(audio, size)[:: size // 2] * window
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    # Pauses, however long, hold nothing of the band.
    power = power[(loudness := power.sum(1)) >= 1e-6 * loudness.max()]
    edges = np.arange(0, sample_rate / 2, 250.0)
    starts = np.round(edges * size / sample_rate).astype(int)
    counts = np.diff(np.append(starts, power.shape[1]))
    bands = np.quantile(np.add.reduceat(power, starts, axis=1) / counts, 0.95, axis=0)
    if bands.max() <= 0:
        return 0.0
    rounding = 2.0**-30 / 12 * float(np.sum(window**2))
    floor = max(bands.max() * 10 ** (threshold_db / 10), 4 * rounding)
    held = np.flatnonzero(bands > floor)
    if not len(held):
        return 0.0
    gaps = np.flatnonzero(np.diff(held) * 250.0 > gap_hz)
    last = held[gaps[0]] if len(gaps) else held[-1]
    return float(min(edges[last] + 250.0, sample_rate / 2))
