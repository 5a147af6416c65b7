"""Mixtures from several processes, in one order whatever their number."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from training.data.corpora import CorpusSpec, open_all
from training.data.mixer import Mixer, Mixture
from training.data.mixing import Mixing
from training.data.state import State
from training.processes import pool

Seed = tuple[int, ...]
Result = TypeVar("Result")

CHUNK = 4
"""Mixtures a task: enough that handing over costs nothing beside mixing."""

AHEAD = 4
"""Tasks under way for each process, so that memory stays bounded when nobody takes the results."""


@dataclass(frozen=True)
class Origin:
    """What a process needs to open its own mixer.

    Attributes
    ----------
    corpora
        Their paths absolute.
    mixing
        What to make.
    split
        "train", "dev" or "test".
    teaches
        Whether teachers may be asked.
    """

    corpora: tuple[CorpusSpec, ...]
    mixing: Mixing
    split: str = "train"
    teaches: bool = True

    def open(self) -> Mixer:
        """Open a mixer in this process."""
        return Mixer(open_all(self.corpora), self.mixing, self.split, teaches=self.teaches)


@dataclass(frozen=True)
class Made(Generic[Result]):
    """A mixture, and the clips newly found unusable while it was made, with reasons."""

    mixture: Result
    skipped: dict[str, str]


def mixtures(origin: Origin, seeds: Iterable[Seed], workers: int = 0) -> Iterator[Made[Mixture]]:
    """Mix in parallel; results come in the order of the seeds and do not depend on `workers`.

    Parameters
    ----------
    origin
        Corpora and settings.
    seeds
        One a mixture; may be endless.
    workers
        Number of processes; with 0, everything happens in this one.

    Yields
    ------
    Made
    """
    return states(origin, seeds, Mixture.of, workers)


def states(
    origin: Origin, seeds: Iterable[Seed], finish: Callable[[State], Result], workers: int = 0
) -> Iterator[Made[Result]]:
    """Mix in parallel as `mixtures` does, and give what a function, one of a module, makes of each state."""
    if workers == 0:
        maker = _Maker(origin, finish)
        for seed in seeds:
            yield maker.make(seed)
        return
    with pool(workers, _start, origin, finish) as makers:
        under_way: deque[Future[list[Made[Result]]]] = deque()
        try:
            for chunk in _chunks(seeds):
                under_way.append(makers.submit(_make, chunk))
                if len(under_way) >= AHEAD * workers:
                    yield from under_way.popleft().result()
            while under_way:
                yield from under_way.popleft().result()
        finally:
            makers.shutdown(wait=False, cancel_futures=True)


class _Maker(Generic[Result]):
    """A mixer that tells each unusable clip once."""

    def __init__(self, origin: Origin, finish: Callable[[State], Result]) -> None:
        self._mixer = origin.open()
        self._finish = finish
        self._told: set[str] = set()

    def make(self, seed: Seed) -> Made[Result]:
        mixture = self._finish(self._mixer.state(seed))
        new = {path: why for path, why in self._mixer.skipped.items() if path not in self._told}
        self._told.update(new)
        return Made(mixture, new)


_maker: _Maker[Any]
"""The maker of a worker process."""


def _start(origin: Origin, finish: Callable[[State], object]) -> None:
    global _maker
    _maker = _Maker(origin, finish)


def _make(seeds: list[Seed]) -> list[Made[Any]]:
    return [_maker.make(seed) for seed in seeds]


def _chunks(seeds: Iterable[Seed]) -> Iterator[list[Seed]]:
    iterator = iter(seeds)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
