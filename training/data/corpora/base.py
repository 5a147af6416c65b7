"""The interface of every corpus."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import overload

NOT_STATED = "not stated"
"""Licence of data, or of weights, of which nobody has said it."""

SPLITS = ("train", "dev", "test")


class CorpusError(Exception):
    """A corpus that is not laid out as it should be."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One audio file.

    Attributes
    ----------
    path
        Where it is.
    name
        Its path inside the corpus, without the ending: what data sets and logs call it.
    speaker
        Who is heard (for noise: which recording it was cut from); never in two splits.
    kind
        What is heard: "speech", or the class of noise.
    """

    path: Path
    name: str
    speaker: str
    kind: str


class LazyClips(Sequence[Clip]):
    """`size` clips, made by `make(index)` when asked for, so that a million need no memory."""

    def __init__(self, size: int, make: Callable[[int], Clip]) -> None:
        self._size = size
        self._make = lru_cache(4096)(make)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> LazyClips: ...
    def __getitem__(self, index: int | slice) -> Clip | LazyClips:
        if isinstance(index, slice):
            part = range(self._size)[index]
            return LazyClips(len(part), lambda i: self._make(part[i]))
        return self._make(range(self._size)[index])


class Corpus(ABC):
    """Clips in three splits that share no speaker.

    Clips of one speaker stand side by side where the corpus allows it.

    Attributes
    ----------
    root
        Folder of the corpus.
    weight
        How often it is drawn from, beside the other corpora of a mixer.
    licence
        Licence of the audio, for data set and model card.
    name
        Kind and folder name, for data sets and logs.
    """

    kind: str
    """Name in a specification such as ``folder:PATH``."""

    def __init__(self, root: Path, weight: float, licence: str) -> None:
        if not weight > 0:
            raise CorpusError(f"{self.kind}: the weight of {root} is {weight}; it must be greater than 0.")
        if not root.is_dir():
            raise CorpusError(f"{self.kind}: there is no folder {root}.")
        self.root = root
        self.weight = weight
        self.licence = licence
        self.name = f"{self.kind}:{root.resolve().name}"

    @abstractmethod
    def clips(self, split: str) -> Sequence[Clip]:
        """Clips of "train", "dev" or "test"; none is a valid answer."""


def hashed_split(speaker: str) -> str:
    """Split of a speaker by a hash of the name: 80 % train, 10 % dev, 10 % test.

    Examples
    --------
    >>> hashed_split("103") == hashed_split("103")
    True
    """
    digest = hashlib.blake2b(speaker.encode(), digest_size=4).digest()
    tenth = int.from_bytes(digest, "little") % 10
    return "test" if tenth == 0 else "dev" if tenth == 1 else "train"


def check_split(split: str) -> None:
    """Refuse a split that does not exist."""
    if split not in SPLITS:
        raise CorpusError(f"There is no split {split!r}: choose one of {', '.join(SPLITS)}.")
