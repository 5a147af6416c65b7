"""Batches to train and to validate on: mixed while training, from a bank, or from a data set."""

from __future__ import annotations

import queue
import threading
import zlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from training.data.bank import Bank, Plan, Schedule
from training.data.corpora import SPLITS
from training.data.corpora.reference_records import ReferenceRecords, reference_files
from training.data.dataset import Dataset, DatasetError, describe
from training.data.effects import Effect
from training.data.workers import Origin, mixtures

Batch = tuple[Any, ...]
Item = TypeVar("Item")


class Pairs(Protocol):
    """Where a stage's batches come from."""

    def training(self, start: int) -> Ahead[Batch]:
        """Give batches without end, from a step on: always the same ones for the same step."""
        ...

    def validation(self) -> Batch:
        """Give all that every epoch is judged on, as one batch."""
        ...


def stage_seed(name: str, seed: int) -> int:
    """Seed of a stage's data: stages of one seed hear different mixtures."""
    return seed << 32 | zlib.crc32(name.encode())


@dataclass(frozen=True)
class Mixed:
    """Mixtures made while training, so that none is heard twice.

    Attributes
    ----------
    origin
        To train on; its mixing's length is that of a sequence.
    judged
        To validate on.
    batch, validation
        Mixtures a batch, and to validate on.
    seed
        Of all mixtures.
    workers
        Processes that mix.
    """

    origin: Origin
    judged: Origin
    batch: int
    validation_size: int
    seed: int
    workers: int

    def training(self, start: int) -> Ahead[Batch]:
        """Mix from a step on."""
        split = SPLITS.index(self.origin.split)
        seeds = ((self.seed, split, number) for number in count(start * self.batch))
        made = (one.mixture for one in mixtures(self.origin, seeds, self.workers))
        return Ahead(batches(made, self.batch))

    def validation(self) -> Batch:
        """Mix what every epoch is judged on."""
        split = SPLITS.index(self.judged.split)
        # Numbered from elsewhere than those to train on, should both be of one split.
        seeds = ((self.seed, split, (1 << 40) + number) for number in range(self.validation_size))
        return stack([one.mixture for one in mixtures(self.judged, seeds, 0)])


@dataclass(frozen=True)
class Banked:
    """Mixtures of a bank, each heard several times.

    Attributes
    ----------
    mixed
        To validate on; its `origin` says what the bank holds.
    folder
        Where banks are.
    items, heard
        See `training.data.bank.Schedule`.
    effects
        Applied each time.
    samples
        Length of a sequence.
    """

    mixed: Mixed
    folder: Path
    items: int
    heard: int
    effects: tuple[Effect, ...]
    samples: int

    def training(self, start: int) -> Ahead[Batch]:
        """Hear the bank from a step on."""
        batch = self.mixed.batch
        return Ahead(batches(self._bank().heard(self.effects, self.samples, self.mixed.seed, start * batch), batch))

    def validation(self) -> Batch:
        """Mix what every epoch is judged on."""
        return self.mixed.validation()

    def _bank(self) -> Bank:
        seed = self.mixed.seed
        return Bank(
            self.folder, Plan(self.mixed.origin, seed, Schedule(self.items, self.heard, seed)), self.mixed.workers
        )


@dataclass(frozen=True)
class Stored:
    """Mixtures of a data set made by ``python -m training.create_dataset``, each cut anew at every pass.

    Attributes
    ----------
    directory
        Of the data set.
    splits
        To train on, and to validate on.
    samples
        Length of a sequence.
    batch, validation_size, seed
        As of `Mixed`.
    """

    directory: Path
    splits: tuple[str, str]
    samples: int
    batch: int
    validation_size: int
    seed: int

    def training(self, start: int) -> Ahead[Batch]:
        """Read from a step on."""
        pairs = Dataset(self.directory, self.splits[0]).passes(self.seed, start * self.batch)
        return Ahead(batches(map(self._cut, pairs, count(start * self.batch)), self.batch))

    def validation(self) -> Batch:
        """Read the first mixtures of the split."""
        data = Dataset(self.directory, self.splits[1])
        pairs = [data[number] for number in range(min(self.validation_size, len(data)))]
        # Whole batches, so that Keras's means count every mixture alike.
        whole = max(len(pairs) // self.batch * self.batch, min(len(pairs), self.batch))
        return stack(pairs[:whole])

    def _cut(self, pair: Any, number: int) -> Any:
        length = len(pair.noisy)
        if length < self.samples:
            raise DatasetError(f"{self.directory}: the data set's mixtures are shorter than a training sequence.")
        start = int(np.random.default_rng([self.seed, number]).integers(length - self.samples + 1))
        part = slice(start, start + self.samples)
        return replace(pair, noisy=pair.noisy[part], clean=pair.clean[part])


@dataclass(frozen=True)
class Ready:
    """The reference project's ready-made windows.

    Attributes
    ----------
    directory
        Of TFRecord files: those to validate on have "val" or "test" in their names.
    splits, batch, validation_size, seed
        As of `Stored`.
    """

    directory: Path
    splits: tuple[str, str]
    batch: int
    validation_size: int
    seed: int

    def training(self, start: int) -> Ahead[Batch]:
        """Read from a step on."""
        return Ahead(ReferenceRecords(self._files(0)).batches(self.batch, self.seed, start))

    def validation(self) -> Batch:
        """Read the first windows to validate on."""
        records = ReferenceRecords(self._files(1))
        size = min(self.validation_size, len(records))
        pairs = [records[number] for number in range(max(size // self.batch * self.batch, min(size, self.batch)))]
        return np.stack([noisy for noisy, _ in pairs]), np.stack([clean for _, clean in pairs])

    def _files(self, number: int) -> list[Path]:
        files = reference_files(self.directory, self.splits[number])
        if not files:
            raise DatasetError(
                f"{self.directory} has no TFRecord file for the split {self.splits[number]}: "
                "its name tells it (train, val or test)."
            )
        return files


def dataset_rate(directory: Path) -> int:
    """Sample rate of a data set in Hz."""
    mixing = describe(directory)["mixing"]
    return int(mixing["rate"])


def batches(made: Iterable[Any], size: int) -> Generator[Batch]:
    """Put mixtures together: (noisy, clean, bandwidth_hz), (size, samples) twice and (size,), float32."""
    iterator = iter(made)
    while mixtures_of_batch := list(islice(iterator, size)):
        yield stack(mixtures_of_batch)


def stack(made: list[Any]) -> Batch:
    """Make one batch."""
    return (
        np.stack([mixture.noisy for mixture in made]),
        np.stack([mixture.clean for mixture in made]),
        np.array([mixture.bandwidth_hz for mixture in made], np.float32),
    )


class Ahead(Iterator[Item]):
    """Makes items in a thread of its own, a few ahead of whoever takes them.

    Parameters
    ----------
    items
        A generator; it is closed with this.
    size
        How many are kept.
    """

    def __init__(self, items: Generator[Item], size: int = 2) -> None:
        self._items = items
        self._waiting: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue(size)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def __next__(self) -> Item:
        while not self._stopped.is_set():
            try:
                item, error = self._waiting.get(timeout=0.2)
            except queue.Empty:
                continue
            if error is not None:
                raise error
            made: Item = item
            return made
        raise StopIteration

    def close(self) -> None:
        """Make no more, and give back what the generator holds."""
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            for item in self._items:
                self._put((item, None))
                if self._stopped.is_set():
                    return
            self._put((None, StopIteration()))
        except BaseException as error:
            self._put((None, error))
        finally:
            self._items.close()

    def _put(self, item: tuple[Any, BaseException | None]) -> None:
        while not self._stopped.is_set():
            try:
                self._waiting.put(item, timeout=0.2)
                return
            except queue.Full:
                continue
