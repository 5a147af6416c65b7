"""Corpora as recipes and command lines name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from training.data.corpora.base import SPLITS, Corpus, CorpusError
from training.data.corpora.common_voice import CommonVoice
from training.data.corpora.folder import Folder
from training.data.corpora.urbansound8k import CLASSES, UrbanSound8K
from training.tables import check_choice

KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in (CommonVoice, UrbanSound8K, Folder)}

ROLES = ("speech", "noise", "music", "room")

PREPARATIONS = ("decoded", "floor removed")

OPTIONS = {"common_voice": (), "urbansound8k": ("classes", "dev_fold"), "folder": ("licence", "speaker", "split")}
"""Fields of `CorpusSpec` that a kind takes."""

_SPEC = re.compile(r"(?P<kind>\w+):(?P<path>.+?)(\?(?P<options>\w+=[^?@]*))?(@(?P<weight>\d+(\.\d+)?|\.\d+))?")


@dataclass(frozen=True, kw_only=True)
class CorpusSpec:
    """A corpus: where it is, what it is for, and how it is heard.

    Attributes
    ----------
    role
        "speech", "noise", "music" or "room" (impulse responses).
    path
        Below the folder of corpora, or absolute.
    kind
        "folder", "common_voice" or "urbansound8k".
    name
        By which logs, data sets and cards call it; the recipe's, else the kind and the folder.
    weight
        How often it is drawn from, beside the other corpora of its role, whatever their sizes.
    licence
        Licence of the audio. Those of kinds that have a licence of their own need none.
    speaker
        Regular expression that finds a file's speaker in its path (see `training.data.corpora.folder.Folder`).
    split
        "train", "dev" or "test" to give the whole folder to one split.
    classes
        Names of the classes of UrbanSound8K that are wanted; all by default.
    dev_fold
        Fold of UrbanSound8K that is dev.
    prepare
        What is done to its recordings once, before training: "decoded" (kept as FLAC, so that nothing slow is decoded
        again and again), "floor removed" (what sounds all through a recording is taken off).
    """

    role: str
    path: str
    kind: str = "folder"
    name: str = ""
    weight: float = 1.0
    licence: str | None = None
    speaker: str | None = None
    split: str | None = None
    classes: tuple[str, ...] | None = None
    dev_fold: int | None = None
    prepare: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_choice(ROLES, role=self.role)
        check_choice(KINDS, kind=self.kind)
        if not self.weight > 0:
            raise ValueError(f"weight is {self.weight}; it must be greater than 0.")
        if self.split is not None:
            check_choice(SPLITS, split=self.split)
        for name in ("licence", "speaker", "split", "classes", "dev_fold"):
            if getattr(self, name) is not None and name not in OPTIONS[self.kind]:
                raise ValueError(f"a corpus of the kind {self.kind} takes no {name}.")
        if self.speaker is not None:
            try:
                re.compile(self.speaker)
            except re.error as error:
                raise ValueError(f"speaker {self.speaker!r} is no regular expression: {error}.") from error
        for name in self.classes or ():
            check_choice(CLASSES, classes=name)
        for name in self.prepare:
            check_choice(PREPARATIONS, prepare=name)
        if self.prepare and self.kind != "folder":
            raise ValueError(f"a corpus of the kind {self.kind} cannot be prepared; only folders can.")

    def at(self, root: Path) -> CorpusSpec:
        """Give the same, its path made absolute below a folder of corpora."""
        return replace(self, path=str((root / Path(self.path).expanduser()).absolute()))

    def open(self) -> Corpus:
        """Open the corpus, as it lies at its path.

        Raises
        ------
        CorpusError
            If what lies there is not right.
        """
        options = {name: getattr(self, name) for name in OPTIONS[self.kind]}
        given = {name: value for name, value in options.items() if value is not None}
        corpus: Corpus = KINDS[self.kind](Path(self.path), self.weight, **given)
        if self.name:
            corpus.name = self.name
        return corpus


def check_folders(specs: Sequence[CorpusSpec]) -> None:
    """Find out whether all corpora are there.

    Raises
    ------
    CorpusError
        If some are not; the message names them all.
    """
    missing = [spec for spec in specs if not Path(spec.path).is_dir()]
    if missing:
        named = ", ".join(f"{spec.name} ({spec.path})" if spec.name else spec.path for spec in missing)
        raise CorpusError(
            f"{len(missing)} of {len(specs)} corpora are missing: there is no folder {named}; training/README.md tells "
            "where those of the recipes are from."
        )


def check_copies(spec: CorpusSpec, files: Iterable[str], suffix: str) -> None:
    """Find out whether speakers are found in the names of copies, too, which have another ending.

    Raises
    ------
    ValueError
        If the pattern of speakers matches a file's name, but not its copy's: its speaker would be in several splits.
    """
    if spec.speaker is None:
        return
    pattern = re.compile(spec.speaker)
    for file in files:
        copy = PurePosixPath(file).with_suffix(suffix).as_posix()
        if pattern.search(file) and not pattern.search(copy):
            raise ValueError(
                f"{spec.name or spec.path}: speaker {spec.speaker!r} matches {file}, but not its copy {copy}: "
                "write it without the ending."
            )


def open_all(specs: Sequence[CorpusSpec]) -> dict[str, list[Corpus]]:
    """Open corpora, by role.

    Raises
    ------
    CorpusError
        If one is not as it should be.
    """
    check_folders(specs)
    corpora: dict[str, list[Corpus]] = {}
    for spec in specs:
        corpora.setdefault(spec.role, []).append(spec.open())
    return corpora


def parse(spec: str, role: str = "speech") -> CorpusSpec:
    """Read a corpus as a command line names it: ``KIND:PATH[?OPTION=VALUE&...][@WEIGHT]``.

    Parameters
    ----------
    spec
        Options are `licence`, `split` and `speaker` of a folder, and `classes`, joined by commas, and `dev_fold` of
        UrbanSound8K.
    role
        What it is for.

    Raises
    ------
    CorpusError
        If it cannot be understood.

    Examples
    --------
    >>> parse("urbansound8k:UrbanSound8K?classes=siren,drilling@0.5", "noise").weight
    0.5
    """
    found = _SPEC.fullmatch(spec)
    if found is None or found["kind"] not in KINDS:
        raise CorpusError(
            f"{spec!r} names no corpus: write KIND:PATH, KIND being {', '.join(KINDS)}, "
            "with ?OPTION=VALUE and @WEIGHT when wanted."
        )
    options: dict[str, Any] = dict(part.partition("=")[::2] for part in (found["options"] or "").split("&") if part)
    known = OPTIONS[found["kind"]]
    for name in options:
        if name not in known:
            raise CorpusError(f"{spec!r}: {found['kind']} has no option {name!r}; it has {', '.join(known) or 'none'}.")
    try:
        if "classes" in options:
            options["classes"] = tuple(options["classes"].split(","))
        if "dev_fold" in options:
            options["dev_fold"] = int(options["dev_fold"])
        weight = float(found["weight"] or 1)
        made = CorpusSpec(role=role, path=found["path"], kind=found["kind"], weight=weight, **options)
    except ValueError as error:
        raise CorpusError(f"{spec!r}: {error}") from error
    return made.at(Path())
