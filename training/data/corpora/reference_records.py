"""The reference project's ready-made data set: TFRecord files of eight-frame windows of spectra."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np

from training.audio import Audio
from training.data import tfrecord

BINS = 129
FRAMES = 8

NOISY, CLEAN = "noise_stft_mag_features", "clean_stft_magnitude"


class ReferenceRecords:
    """Windows of the reference project's records, in the shapes that networks here are trained on.

    A record holds, as float32 bytes, `noise_stft_phase` (129), `noise_stft_mag_features` (129, 8, 1): eight frames of
    standardised noisy magnitudes, the latest last, and `clean_stft_magnitude` (129, 1, 1): the clean frame that belongs
    to the latest, standardised alike.

    Parameters
    ----------
    files
        TFRecord files.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    RecordError
        If a file is damaged.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        missing = [file for file in files if not file.is_file()]
        if missing or not files:
            raise FileNotFoundError(f"There is no TFRecord file {missing[0] if missing else 'given'}.")
        self._places = [(file, at, length) for file in files for at, length in tfrecord.offsets(file)]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> tuple[Audio, Audio]:
        """Give a pair (noisy, clean): (8, 129, 1), time first, and (1, 129, 1), the target for the last frame.

        Raises
        ------
        RecordError
            If a feature is missing or has another length.
        """
        path, at, length = self._places[index]
        with path.open("rb") as file:
            file.seek(at)
            features = tfrecord.decode(file.read(length))

        def values(name: str, count: int) -> Audio:
            if name not in features:
                raise tfrecord.RecordError(f"{path}: a record has no {name}.")
            found = np.frombuffer(features[name][0], "<f4")
            if len(found) != count:
                raise tfrecord.RecordError(f"{path}: {name} has {len(found)} numbers; it must have {count}.")
            return found.astype(np.float32)

        noisy = values(NOISY, BINS * FRAMES).reshape(BINS, FRAMES, 1).transpose(1, 0, 2)
        return np.ascontiguousarray(noisy), values(CLEAN, BINS).reshape(1, BINS, 1)

    def batches(self, batch: int, seed: int, start: int = 0) -> Generator[tuple[Audio, Audio]]:
        """Give batches without end, in another order at each pass.

        Parameters
        ----------
        batch
            Windows a batch.
        seed
            Of the orders.
        start
            Batches that have been given before.

        Yields
        ------
        noisy, clean : (batch, 8, 129, 1), (batch, 1, 129, 1) float32
        """
        order = np.empty(0, np.int64)
        number = -1
        for first in range(start * batch, 2**62, batch):
            pairs = []
            for k in range(first, first + batch):
                at = k % len(self)
                if k // len(self) != number:
                    number = k // len(self)
                    order = np.random.default_rng([seed, number]).permutation(len(self))
                pairs.append(self[int(order[at])])
            yield np.stack([noisy for noisy, _ in pairs]), np.stack([clean for _, clean in pairs])


def is_reference(directory: Path) -> bool:
    """Tell whether the first record of a folder's first TFRecord file is of this kind."""
    for file in reference_files(directory)[:1]:
        for message in tfrecord.read(file):
            return NOISY in tfrecord.decode(message)
    return False


def reference_files(directory: Path, split: str | None = None) -> list[Path]:
    """List a folder's TFRecord files, or those of a split: with its name in theirs ("val" for "dev")."""
    names = {None: "", "dev": "val"}.get(split, split) or ""
    return sorted(path for path in directory.rglob("*.tfrecord*") if path.is_file() and names in path.name)
