"""Pairs of a clean and a noisy recording of the same: from files, or mixed from speech and noise."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from training.audio import SUFFIXES, Audio, AudioError, read, resample

NOISY, CLEAN = "noisy", "clean"


class Pair(Protocol):
    """A clean and a noisy recording of the same."""

    @property
    def name(self) -> str:
        """Unique within its set."""

    @property
    def labels(self) -> dict[str, str]:
        """What is known of it, such as "noise" and "snr_db"."""

    def read(self, rate: int | None = None) -> tuple[Audio, Audio, int]:
        """Return clean and noisy signal and their rate in Hz, resampled if a rate is given."""


@dataclass(frozen=True)
class FilePair:
    """Two files of the same length and any one rate.

    Attributes
    ----------
    name
        File name without ending.
    labels
        What ``pairs.csv`` says of it.
    """

    name: str
    clean: Path
    noisy: Path
    labels: dict[str, str]

    def read(self, rate: int | None = None) -> tuple[Audio, Audio, int]:
        """Return clean and noisy signal and their rate in Hz, resampled if a rate is given."""
        noisy, own = read(self.noisy)
        clean, _ = read(self.clean, own)
        size = min(len(clean), len(noisy))
        clean, noisy = clean[:size], noisy[:size]
        if rate is None or rate == own:
            return clean, noisy, own
        return resample(clean, own, rate), resample(noisy, own, rate), rate


@dataclass(frozen=True)
class MixedPair:
    """A part of a noise added to a recording of clean speech.

    Attributes
    ----------
    sample_rate
        Hz of the mixture.
    seconds
        Of the mixture, from the recording's start on.
    snr_db
        Power of the whole clean signal beside the noise's.
    seed
        Of the place in the noise, which is repeated if it is shorter than the mixture.
    """

    name: str
    clean: Path
    noise: Path
    sample_rate: int
    seconds: float
    snr_db: float
    seed: int
    labels: dict[str, str] = field(default_factory=dict)

    def read(self, rate: int | None = None) -> tuple[Audio, Audio, int]:
        """Return clean and noisy signal and their rate in Hz, resampled if a rate is given.

        Raises
        ------
        AudioError
            If the noise is silent.
        """
        own = self.sample_rate
        clean = read(self.clean, own)[0][: round(self.seconds * own)]
        noise, _ = read(self.noise, own)
        start = int(np.random.default_rng(self.seed).integers(len(noise)))
        noise = np.resize(np.roll(noise, -start), len(clean))
        power = float(np.mean(noise.astype(np.float64) ** 2))
        if power == 0:
            raise AudioError(f"{self.noise} is silent: it cannot be brought to an SNR.")
        gain = np.sqrt(np.mean(clean.astype(np.float64) ** 2) / power) * 10 ** (-self.snr_db / 20)
        noisy = clean + np.float32(gain) * noise
        if rate is None or rate == own:
            return clean, noisy, own
        return resample(clean, own, rate), resample(noisy, own, rate), rate


def find_pairs(folder: Path) -> list[FilePair]:
    """List the pairs of a folder that holds ``clean`` and ``noisy``, by name.

    Parameters
    ----------
    folder : Path
        May hold ``pairs.csv`` with a column "pair" (file name without ending) and labels.

    Raises
    ------
    ValueError
        If there is none, a noisy file has no clean one, or ``pairs.csv`` has no column "pair".
    """
    labels: dict[str, dict[str, str]] = {}
    if (folder / "pairs.csv").is_file():
        labels = _labels(folder / "pairs.csv")
    cleans, noisies = _recordings(folder / CLEAN), _recordings(folder / NOISY)
    if not noisies:
        raise ValueError(
            f"{folder} holds no pairs: put files of the same names into {folder}/clean and {folder}/noisy."
        )
    for name, path in noisies.items():
        if name not in cleans:
            raise ValueError(f"{path} has no clean file of the same name in {folder / CLEAN}.")
    return [FilePair(name, cleans[name], noisies[name], labels.get(name, {})) for name in sorted(noisies)]


def _labels(path: Path) -> dict[str, dict[str, str]]:
    """Read the labels of pairs by name; what a short row lacks is not known of its pair."""
    # Spreadsheets begin their UTF-8 with a byte order mark.
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if "pair" not in (reader.fieldnames or ()):
            raise ValueError(
                f"{path} has no column 'pair': name the columns in its first line, such as pair,noise,snr_db."
            )
        return {row["pair"]: {key: value for key, value in row.items() if value is not None} for row in reader}


def _recordings(folder: Path) -> dict[str, Path]:
    """Find audio files by their names without endings; hidden ones, such as macOS leaves, are none."""
    return {
        path.stem: path
        for path in folder.glob("*")
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    }
