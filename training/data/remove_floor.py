"""``python -m training.data.remove_floor FROM TO``: recordings of speech without their own stationary noise, as FLAC.

A network leaves as much noise as there is in what it takes for clean. What an effect takes off costs speech, too; here
goes only what sounds all through a recording, as hiss and hum do, and of a recording as a whole, looking both ways.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal, special

from training.arguments import add_workers, at_least
from training.audio import Audio, AudioError, amplitude, audio_files, decibels, read, write_flac
from training.packages import load_librosa
from training.processes import pool

Array = npt.NDArray[np.float64]

LIMIT_DB = 26.0
"""Greatest reduction."""

SHARE = 0.12
"""Share of the frames, the quietest ones at each frequency, taken for noise."""

BIAS = 2.4
"""What makes the mean of noise, and half of it more, of the 12 % quantile of its power in five overlapping frames."""

LEAST_FRAMES = 30
"""A recording of fewer frames that hold anything tells nothing of its floor."""


def subtract(audio: Audio, sample_rate: int, limit_db: float = LIMIT_DB) -> Audio:
    """Take off what sounds all through a recording.

    The noise's power at each frequency is a low quantile over time. The gains are those of the log-spectral estimator
    (Ephraim and Malah, "Speech enhancement using a minimum mean-square error log-spectral amplitude estimator", 1985,
    eq. 20), its a-priori SNR found decision-directed ("... short-time spectral amplitude estimator", 1984, eq. 51)
    forwards and backwards in time, the greater one taken: onsets stay.

    Parameters
    ----------
    audio : (samples,) float32
    sample_rate
        In Hz.
    limit_db
        Greatest reduction.

    Returns
    -------
    (samples,) float32
        As it was, when fewer than `LEAST_FRAMES` frames of 32 ms, 8 ms apart, hold anything.

    Examples
    --------
    >>> hiss = 0.01 * np.random.default_rng(0).standard_normal(32000).astype(np.float32)
    >>> float(np.std(subtract(hiss, 16000)) / np.std(hiss)) < 0.1
    True
    """
    librosa = load_librosa()
    size = 2 * int(0.016 * sample_rate)
    window = np.sqrt(signal.windows.hann(size, sym=False))
    padded = np.pad(audio.astype(np.float64), size)
    spectrum = librosa.stft(padded, n_fft=size, hop_length=size // 4, window=window).T  # (frames, bins)
    power = np.square(np.abs(spectrum))
    level = power.sum(1)
    heard = power[level > 1e-9 * level.max()]
    if len(heard) < LEAST_FRAMES:
        return audio
    smooth = signal.convolve(heard, np.full((5, 1), 0.2), mode="valid")
    noise = ndimage.convolve1d(np.quantile(smooth, SHARE, axis=0), np.full(5, 0.2), mode="nearest")
    posterior = np.minimum(power / np.maximum(BIAS * noise, 1e-14 * sample_rate), 1e5)
    prior = np.maximum(_decision_directed(posterior), _decision_directed(posterior[::-1])[::-1])
    prior = np.exp(ndimage.convolve1d(np.log(prior), [0.1, 0.2, 0.4, 0.2, 0.1], mode="nearest"))
    gains = np.clip(_log_spectral(posterior, prior), amplitude(-limit_db), 1.0)
    cleaned = librosa.istft((spectrum * gains).T, hop_length=size // 4, window=window, length=len(padded))
    return np.asarray(cleaned[size : size + len(audio)], dtype=np.float32)


def _log_spectral(posterior: Array, prior: Array) -> Array:
    """Gains for SNRs a posteriori and a priori."""
    wiener = prior / (1 + prior)
    return np.asarray(wiener * np.exp(0.5 * special.exp1(np.clip(wiener * posterior, 1e-4, 50.0))))


def _decision_directed(posterior: Array, memory: float = 0.96, least: float = 10**-2.6) -> Array:
    """SNR a priori of (frames, bins), in the order of the frames."""
    prior = np.empty_like(posterior)
    before = np.clip(posterior[0] - 1, 0, 1)
    for t, now in enumerate(posterior):
        prior[t] = np.maximum(memory * before + (1 - memory) * np.maximum(now - 1, 0), least)
        before = np.square(_log_spectral(now, prior[t])) * now
    return prior


def depth(audio: Audio, sample_rate: int) -> float:
    """How far the pauses lie below the voice: between the 95 % and the 8 % quantile of frames of 20 ms, in dB.

    Infinite where pauses are empty, and for what is shorter than 0.3 s.
    """
    size = sample_rate // 50
    frames = audio[: len(audio) // size * size].reshape(-1, size)
    if len(frames) < 15:
        return np.inf
    quiet, loud = np.quantile(np.mean(np.square(frames), axis=1), (0.08, 0.95))
    return decibels(loud / quiet) if quiet > 0 else np.inf


def _one(file: str, source: Path, out: Path, limit_db: float, least_db: float) -> bool:
    """Clean one file; False when it stays too noisy."""
    audio, rate = read(source / file)
    cleaned = subtract(audio, rate, limit_db)
    if depth(cleaned, rate) < least_db:
        return False
    write_flac(out / Path(file).with_suffix(".flac"), cleaned, rate, "PCM_24")
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.data.remove_floor", description=__doc__.split("\n")[0])
    parser.add_argument("source", metavar="FROM", type=Path, help="folder of recordings")
    parser.add_argument("out", metavar="TO", type=Path, help="folder for the FLAC files, by the same names")
    parser.add_argument(
        "--limit", type=at_least(0.0), default=LIMIT_DB, metavar="DB", help="greatest reduction, %(default)s"
    )
    parser.add_argument(
        "--least",
        type=at_least(0.0),
        default=0.0,
        metavar="DB",
        help="leave out what has its pauses less than this below its voice even so; %(default)s, nothing left out",
    )
    add_workers(parser)
    options = parser.parse_args(arguments)
    try:
        files = list(audio_files(options.source))
        names = {Path(file).with_suffix("") for file in files}
        if not files:
            raise AudioError(f"{options.source} holds no audio file.")
        if len(names) < len(files):
            raise AudioError(f"{options.source} holds files that differ in their ending only: rename them.")
        if options.out.resolve() == options.source.resolve():
            raise AudioError("TO is FROM: recordings are not overwritten.")
        clean = partial(_one, source=options.source, out=options.out, limit_db=options.limit, least_db=options.least)
        with pool(options.workers) as cleaning:
            kept = sum(cleaning.map(clean, files, chunksize=8))
    except (AudioError, OSError) as error:
        print(f"training.data.remove_floor: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: {kept} of {len(files)} recordings")
    return 0


if __name__ == "__main__":
    sys.exit(main())
