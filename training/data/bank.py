"""A bank of mixtures on disk: made once, heard several times, each time with other levels, ratios, colours and cuts.

Mixing costs as much as a step of training, and a teacher more. A bank keeps the parts of a mixture apart (speech, noise
and, where it differs, the speech wanted back), so that everything cheap can be drawn anew each time one is heard.

Items are numbered in the order in which they are made. They are heard in rounds: in each, every item of a window is
heard once, in an order of chance; after a round the window moves on by ``items / heard`` items, so that each item is
heard in `heard` rounds. The first rounds have smaller windows, so that training need not wait for all items. What is
heard when follows from the seed alone: it does not depend on how fast items are made, nor on kills.

``python -m training.data.bank FROM TO --bytes N`` copies as many files of a bank as N bytes hold, as for a machine that
is to go on with them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.arguments import at_least
from training.atomic import whole, write_text
from training.data.corpora import SPLITS
from training.data.effects import Effect
from training.data.mixer import Mixture
from training.data.state import State
from training.data.workers import Origin, states
from training.processes import end_with_parent
from training.tables import plain

SHARD = 32
"""Items a file."""

DESCRIPTION = "bank.json"

ROWS = 3
"""Stems of an item: speech, noise, and the speech wanted back (only where it differs from the speech)."""


class BankError(Exception):
    """A bank that cannot be used; the message says why."""


@dataclass(frozen=True)
class Schedule:
    """Which item is heard when.

    Attributes
    ----------
    items
        In a whole window.
    heard
        Rounds in which each item is heard.
    seed
        Of the orders.

    Examples
    --------
    >>> schedule = Schedule(4, 2, 0)
    >>> [schedule.window(n) for n in range(3)]
    [(0, 2), (0, 4), (2, 6)]
    """

    items: int
    heard: int
    seed: int

    @property
    def step(self) -> int:
        """Items by which the window moves on after a round."""
        return self.items // self.heard

    def window(self, number: int) -> tuple[int, int]:
        """First item, and the one after the last, of a round."""
        end = (number + 1) * self.step
        return max(0, end - self.items), end

    def draws(self, start: int = 0) -> Iterator[int]:
        """Give the items from a draw on, without end."""
        number, skipped = self._round(start)
        while True:
            first, end = self.window(number)
            order = np.arange(first, end)
            # In the first round items are heard as they are made: there is nothing to wait for but the first.
            if number:
                order = np.random.default_rng([self.seed, number]).permutation(order)
            yield from (int(item) for item in order[skipped:])
            number, skipped = number + 1, 0

    def first_item(self, draw: int) -> int:
        """Tell the first item that is still needed at a draw."""
        return self.window(self._round(draw)[0])[0]

    def last_item(self, draw: int) -> int:
        """Tell the item after the last one that may be needed in the round of a draw and in the next."""
        return self.window(self._round(draw)[0] + 1)[1]

    def begins_round(self, draw: int) -> bool:
        """Tell whether a draw is the first of its round."""
        return self._round(draw)[1] == 0

    def _round(self, draw: int) -> tuple[int, int]:
        """Round of a draw, and draws before it in that round."""
        growing = [self.window(number)[1] - self.window(number)[0] for number in range(self.heard)]
        for number, size in enumerate(growing):
            if draw < size:
                return number, draw
            draw -= size
        return self.heard + draw // self.items, draw % self.items


@dataclass(frozen=True)
class Plan:
    """What a bank holds.

    Attributes
    ----------
    origin
        What its mixtures are made of.
    seed
        Of the mixtures.
    schedule
        When which is heard.
    """

    origin: Origin
    seed: int
    schedule: Schedule

    def describe(self) -> dict[str, Any]:
        """Give what tells this bank from others, as plain values, wherever its corpora lie."""
        return {
            "corpora": [plain(replace(spec, path="")) for spec in self.origin.corpora],
            "mixing": self.origin.mixing.to_table(),
            "split": self.origin.split,
            "seed": self.seed,
            "items": self.schedule.items,
            "heard": self.schedule.heard,
        }

    @property
    def name(self) -> str:
        """Name of its folder: other settings, another bank."""
        text = json.dumps(self.describe(), sort_keys=True)
        return f"bank-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def pack(state: State) -> tuple[npt.NDArray[np.int16], dict[str, Any]]:
    """Give the stems of a mixture as (2 or 3, samples) int16, and what else belongs to it."""
    stems = state.stems
    peaks = np.abs(stems).max(axis=1)
    scales = np.maximum(peaks, 1e-9) / 32767
    known = {
        "scales": [float(scale) for scale in scales],
        "bandwidth_hz": float(state.bandwidth_hz),
        "snr_db": float(state.snr_db),
        "taught": state.taught,
        "speech": state.has_speech,
        "noise": state.has_noise,
    }
    return np.round(stems / scales[:, None]).astype(np.int16), known


class Bank:
    """A bank, filled in the background while it is read.

    Parameters
    ----------
    folder
        Where banks are; this one has a folder of its own in it.
    plan
        What it holds.
    workers
        Processes that fill it; with 0, items are made when they are needed.

    Raises
    ------
    BankError
        If its folder cannot be used.
    """

    def __init__(self, folder: Path, plan: Plan, workers: int = 1) -> None:
        self.folder = folder / plan.name
        self.plan = plan
        self._workers = workers
        self._process: BaseProcess | None = None
        self._shards: dict[int, tuple[npt.NDArray[np.int16], list[dict[str, Any]]]] = {}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text(self.folder / DESCRIPTION, json.dumps(plan.describe(), indent=1))
        except OSError as error:
            raise BankError(f"{self.folder} cannot be written: {error.strerror or error}.") from error

    def heard(self, effects: Sequence[Effect], samples: int, seed: int, start: int = 0) -> Iterator[Mixture]:
        """Give mixtures without end, from a draw on: always the same ones for the same draw.

        Parameters
        ----------
        effects
            Applied anew each time.
        samples
            Length of what is cut out of each item.
        seed
            Of these effects and cuts.
        start
            Mixtures heard before.

        Raises
        ------
        BankError
            If an item cannot be made.
        """
        self._fill(start)
        try:
            for draw, item in enumerate(self.plan.schedule.draws(start), start):
                if self.plan.schedule.begins_round(draw):
                    self._tell(draw)
                yield self._hear(item, effects, samples, np.random.default_rng([seed, draw]))
        finally:
            self.close()

    def close(self) -> None:
        """End the process that fills the bank."""
        if self._process is not None:
            self._process.terminate()
            self._process.join()
            self._process = None

    def _hear(self, item: int, effects: Sequence[Effect], samples: int, rng: np.random.Generator) -> Mixture:
        stems, known = self._shard(item // SHARD)
        at = item % SHARD
        of_item = known[at]
        rows = len(of_item["scales"])
        length = stems.shape[-1]
        start = int(rng.integers(length - samples + 1))
        mixing = self.plan.origin.mixing
        state = State(mixing.rate, samples, None, has_speech=of_item["speech"], has_noise=of_item["noise"])
        state.stems = stems[at, :rows, start : start + samples] * np.array(of_item["scales"], np.float32)[:, None]
        state.bandwidth_hz, state.snr_db, state.taught = (of_item[key] for key in ("bandwidth_hz", "snr_db", "taught"))
        for effect in effects:
            effect(rng, state)
        return Mixture.of(state)

    def _shard(self, number: int) -> tuple[npt.NDArray[np.int16], list[dict[str, Any]]]:
        if number not in self._shards:
            path, known = shard_paths(self.folder, number)
            while not known.is_file():
                if self._process is None:
                    make_shard(self.folder, self.plan, number, 0)
                elif not self._process.is_alive():
                    raise BankError(
                        f"The process that fills {self.folder} has ended with status {self._process.exitcode}; "
                        "its message is above."
                    )
                else:
                    time.sleep(0.05)
            self._shards[number] = np.load(path, mmap_mode="r"), json.loads(known.read_text(encoding="utf-8"))
        return self._shards[number]

    def _fill(self, start: int) -> None:
        self._tell(start)
        if self._workers:
            self._process = multiprocessing.get_context("spawn").Process(
                target=_fill, args=(self.folder, self.plan, start, self._workers)
            )
            self._process.start()

    def _tell(self, draw: int) -> None:
        """Tell the filling process what is needed, and forget what is not."""
        write_text(self.folder / "draw", str(draw))
        first = self.plan.schedule.first_item(draw) // SHARD
        for number in [number for number in self._shards if number < first]:
            del self._shards[number]
        remove_before(self.folder, first)


def shard_paths(folder: Path, number: int) -> tuple[Path, Path]:
    """Paths of a shard's stems and, written last, of what else belongs to its items."""
    return folder / f"{number:06d}.npy", folder / f"{number:06d}.json"


def make_shard(folder: Path, plan: Plan, number: int, workers: int) -> None:
    """Make a shard, in this process or in others."""
    for _ in make_shards(folder, plan, iter([number]), workers):
        pass


def make_shards(folder: Path, plan: Plan, numbers: Iterator[int], workers: int) -> Iterator[int]:
    """Make shards, and give the number of each when it is there."""
    wanted: list[int] = []

    def seeds() -> Iterator[tuple[int, ...]]:
        for number in numbers:
            wanted.append(number)
            for item in range(number * SHARD, (number + 1) * SHARD):
                yield plan.seed, SPLITS.index(plan.origin.split), item

    stems = np.zeros((SHARD, ROWS, plan.origin.mixing.samples), np.int16)
    known: list[dict[str, Any]] = []
    for made in states(plan.origin, seeds(), pack, workers):
        packed, of_item = made.mixture
        stems[len(known)] = 0
        stems[len(known), : len(packed)] = packed
        known.append(of_item)
        if len(known) == SHARD:
            number = wanted.pop(0)
            path, beside = shard_paths(folder, number)
            with whole(path) as part:
                np.save(part, stems)
            write_text(beside, json.dumps(known))
            known = []
            yield number


def remove_before(folder: Path, first: int) -> None:
    """Remove the shards before one."""
    for path in folder.glob("[0-9]*.*"):
        if int(path.stem) < first:
            path.unlink(missing_ok=True)


def _fill(folder: Path, plan: Plan, start: int, workers: int) -> None:
    """Make what is missing and will be needed, ahead of the draws, as a process of its own."""
    end_with_parent()
    os.nice(5)

    def needed() -> Iterator[int]:
        number = plan.schedule.first_item(start) // SHARD
        while True:
            while number * SHARD >= plan.schedule.last_item(int((folder / "draw").read_text(encoding="utf-8"))):
                time.sleep(0.2)
            if not shard_paths(folder, number)[1].is_file():
                yield number
            number += 1

    # One worker is this process itself.
    for _ in make_shards(folder, plan, needed(), workers if workers > 1 else 0):
        pass


def export(source: Path, out: Path, most_bytes: int) -> int:
    """Copy a part of a bank.

    Parameters
    ----------
    source, out
        Folders of the bank and of its part.
    most_bytes
        Size that is not exceeded.

    Returns
    -------
    int
        Items copied.

    Raises
    ------
    BankError
        If the source is no bank, or not one file fits.
    """
    if not (source / DESCRIPTION).is_file():
        raise BankError(f"{source} is no bank: {DESCRIPTION} is missing.")
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / DESCRIPTION, out / DESCRIPTION)
    left, copied = most_bytes, 0
    for known in sorted(source.glob("[0-9]*.json")):
        pair = known.with_suffix(".npy"), known
        left -= sum(path.stat().st_size for path in pair)
        if left < 0:
            break
        for path in pair:
            shutil.copyfile(path, out / path.name)
        copied += SHARD
    if not copied:
        raise BankError(f"{most_bytes} bytes do not hold one file of {source}.")
    return copied


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.data.bank", description="Copy a part of a bank.")
    parser.add_argument("source", metavar="FROM", type=Path, help="folder of a bank")
    parser.add_argument("out", metavar="TO", type=Path, help="folder of the part")
    parser.add_argument(
        "--bytes", type=at_least(1), default=64 << 20, metavar="N", help="most bytes copied, %(default)s"
    )
    options = parser.parse_args(arguments)
    try:
        copied = export(options.source, options.out, options.bytes)
    except (BankError, OSError) as error:
        print(f"training.data.bank: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: {copied} items")
    return 0


if __name__ == "__main__":
    sys.exit(main())
