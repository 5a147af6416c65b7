"""Mixtures from several processes, in one order whatever their number."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice

from training.data.corpora import parse
from training.data.mixing import Mixer, MixSettings, Mixture

Seed = tuple[int, ...]

CHUNK = 4
"""Mixtures a task: enough that handing over costs nothing beside mixing."""

AHEAD = 4
"""Tasks under way for each process, so that memory stays bounded when nobody takes the results."""


@dataclass(frozen=True)
class Recipe:
    """What a process needs to open its own mixer.

    Attributes
    ----------
    speech, noise
        Specifications of corpora, as `training.data.corpora.parse` takes them.
    settings
        What to make.
    split
        "train", "dev" or "test".
    """

    speech: tuple[str, ...]
    noise: tuple[str, ...]
    settings: MixSettings
    split: str = "train"

    def open(self) -> Mixer:
        """Open a mixer in this process."""
        return Mixer(
            [parse(spec) for spec in self.speech], [parse(spec) for spec in self.noise], self.settings, self.split
        )


@dataclass(frozen=True)
class Made:
    """A mixture, and the clips newly found unusable while it was made, with reasons."""

    mixture: Mixture
    skipped: dict[str, str]


def mixtures(recipe: Recipe, seeds: Iterable[Seed], workers: int = 1) -> Iterator[Made]:
    """Mix in parallel; results come in the order of the seeds and do not depend on `workers`.

    Parameters
    ----------
    recipe
        Corpora and settings.
    seeds
        One a mixture; may be endless.
    workers
        Number of processes; with 1, everything happens in this one.

    Yields
    ------
    Made
    """
    if workers == 1:
        maker = _Maker(recipe)
        for seed in seeds:
            yield maker.make(seed)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start, (recipe,)) as pool:
        under_way: deque[Future[list[Made]]] = deque()
        try:
            for chunk in _chunks(seeds):
                under_way.append(pool.submit(_make, chunk))
                if len(under_way) >= AHEAD * workers:
                    yield from under_way.popleft().result()
            while under_way:
                yield from under_way.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class _Maker:
    """A mixer that tells each unusable clip once."""

    def __init__(self, recipe: Recipe) -> None:
        self._mixer = recipe.open()
        self._told: set[str] = set()

    def make(self, seed: Seed) -> Made:
        mixture = self._mixer.mix(seed)
        new = {path: why for path, why in self._mixer.skipped.items() if path not in self._told}
        self._told.update(new)
        return Made(mixture, new)


_maker: _Maker
"""The maker of a worker process."""


def _start(recipe: Recipe) -> None:
    global _maker
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _maker = _Maker(recipe)


def _end_with_parent() -> None:
    """Keep no process alive whose parent was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _make(seeds: list[Seed]) -> list[Made]:
    return [_maker.make(seed) for seed in seeds]


def _chunks(seeds: Iterable[Seed]) -> Iterator[list[Seed]]:
    iterator = iter(seeds)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
