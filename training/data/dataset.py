"""Reading a data set that ``python -m training.create_dataset`` has made."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from training.data import records, tfrecord

DESCRIPTION = "dataset.json"
"""Written last: a data set that has it is complete."""


class DatasetError(Exception):
    """A folder that holds no complete data set."""


def describe(directory: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what a data set says about itself: sources, licences, settings, counts, skipped clips.

    Parameters
    ----------
    directory
        Folder written by ``python -m training.create_dataset``.

    Raises
    ------
    DatasetError
        If there is no complete data set.
    """
    path = Path(directory) / DESCRIPTION
    if not path.is_file():
        raise DatasetError(
            f"{directory} holds no complete data set ({DESCRIPTION} is missing): "
            "run the same training.create_dataset command again to finish it."
        )
    description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return description


class Dataset:
    """The mixtures of one split of a data set, in any order.

    Parameters
    ----------
    directory
        Folder written by ``python -m training.create_dataset``.
    split
        "train", "dev" or "test".

    Raises
    ------
    DatasetError
        If the data set is not complete, or has nothing for the split.
    RecordError
        If a file is damaged.

    Examples
    --------
    >>> pair = Dataset("data", "train")[0]  # doctest: +SKIP
    """

    def __init__(self, directory: str | os.PathLike[str], split: str) -> None:
        describe(directory)
        files = sorted(Path(directory).glob(f"{split}-*.tfrecord"))
        self._places = [(file, at, length) for file in files for at, length in tfrecord.offsets(file)]
        if not self._places:
            raise DatasetError(f"{directory} holds no mixture for the split {split}.")

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> records.Pair:
        path, at, length = self._places[index]
        file = _opened(path)
        file.seek(at)
        return records.decode(file.read(length))

    def passes(self, seed: int | None, start: int = 0) -> Iterator[records.Pair]:
        """Give mixtures without end, in another order at each pass, or as written if there is no seed.

        Parameters
        ----------
        seed
            Of the orders.
        start
            Mixtures that have been given before.
        """
        number, at = divmod(start, len(self))
        while True:
            order = (
                np.arange(len(self)) if seed is None else np.random.default_rng([seed, number]).permutation(len(self))
            )
            for index in order[at:]:
                yield self[int(index)]
            number, at = number + 1, 0


@lru_cache(8)
def _opened(path: Path) -> Any:
    return path.open("rb")
