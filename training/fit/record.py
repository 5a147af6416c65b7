"""What a run heard: its data, settings and weights before it, as ``run.json`` beside the weights holds them.

A run is known by

- its "recipe", "stage", "seed" and "data" and, if it began with other weights, "from", their name: a run of training;
- "mean_of", the names and shares of its parts: an average;
- its "licence" and "data", the sources' names with their licences: an exported model that another began with.

"taken" holds a hash of each weights that a run began with, or an average is of; older records have none.
"before" holds all runs that led to it, by name, each after those that it names.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from training.atomic import write_text
from training.data import teacher
from training.data.corpora import CorpusSpec
from training.data.corpora.base import NOT_STATED as NOT_STATED
from training.data.corpora.survey import survey
from training.data.mixing import Mixing
from training.fit.keeper import read_history

Run = dict[str, Any]

RECORD = "run.json"

LIBRARIES = (
    "jax",
    "keras",
    "librosa",
    "numpy",
    "pyroomacoustics",
    "scipy",
    "soundfile",
    "soxr",
    "tensorflow",
    "tensorflow-cpu",
    "torch",
)
"""Packages whose versions may change what is learned."""


@dataclass(frozen=True)
class Heard:
    """All that is behind the weights of a run.

    Attributes
    ----------
    sources
        Corpora and other data, with their licences: "NAME (LICENCE)", each once.
    licences
        Theirs.
    hours
        Audio heard in training, in all runs behind the weights together.
    corpora
        What each corpus held: "name", "role", "licence", "files", "hours" and "sha256".
    versions
        Of Python and of the packages of the last run.
    """

    sources: tuple[str, ...]
    licences: frozenset[str]
    hours: float
    corpora: tuple[Mapping[str, Any], ...]
    versions: Mapping[str, str]


def heard(run: Path | Mapping[str, Any]) -> Heard:
    """Tell what a run heard.

    Parameters
    ----------
    run
        Folder of the run, or what its ``run.json`` holds.

    Raises
    ------
    OSError, ValueError
        If there is no such file, or it cannot be understood.
    """
    record = read_record(run) if isinstance(run, Path) else dict(run)
    sources: list[str] = []
    licences: set[str] = set()
    corpora: dict[str, Mapping[str, Any]] = {}
    hours = 0.0
    for known in (record, *record.get("before", {}).values()):
        hours += known.get("hours", 0.0)
        data = known.get("data", {})
        if "licence" in known:
            sources += data
            licences.add(known["licence"])
            continue
        for role, of_role in data.items():
            if not isinstance(of_role, list):
                continue
            for source in of_role:
                sources.append(f"{source['name']} ({source['licence']})")
                licences.add(source["licence"])
                if "sha256" in source:
                    corpora.setdefault(source["sha256"], {"role": role, **source})
    unique = tuple(dict.fromkeys(sources))
    return Heard(unique, frozenset(licences), round(hours, 2), tuple(corpora.values()), record.get("versions", {}))


def read_record(folder: Path) -> Run:
    """Read a run's ``run.json``, with the hours that its history tells.

    Raises
    ------
    OSError, ValueError
        If there is none, or it cannot be understood.
    """
    record: Run = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    if "epoch_seconds" in record:
        record["hours"] = round(len(read_history(folder)) * record["epoch_seconds"] / 3600, 3)
    return record


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write ``run.json``."""
    write_text(folder / RECORD, json.dumps(record, indent=1))


def origins(names: Mapping[str, Path]) -> dict[str, Run]:
    """Tell of runs and exported models by name, and of all before those.

    Parameters
    ----------
    names
        Folders by name.

    Returns
    -------
    dict of str to dict
        Each run once, after those that it names.

    Raises
    ------
    OSError, ValueError
        If what tells of them cannot be read, or if runs that differ have one name.
    """
    before: dict[str, Run] = {}
    for name, folder in names.items():
        run = _known(folder)
        for of, known in [*run.pop("before", {}).items(), (name, run)]:
            if before.setdefault(of, known) != known:
                raise ValueError(f"two runs that differ are called {of}")
    return before


def versions() -> dict[str, str]:
    """Versions of Python, of the packages that are installed of `LIBRARIES`, and the platform."""
    found = {"python": platform.python_version(), "platform": f"{sys.platform} {platform.machine()}"}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def describe_corpora(specs: Sequence[CorpusSpec], mixing: Mixing, cache: Path) -> dict[str, list[dict[str, Any]]]:
    """Tell what a recipe's corpora hold, by role, and who teaches.

    Parameters
    ----------
    specs
        With absolute paths, as they are before any preparation.
    mixing
        Names the teachers.
    cache
        File that keeps what was found, so that large corpora are looked through once.
    """
    known: dict[str, Any] = json.loads(cache.read_text(encoding="utf-8")) if cache.is_file() else {}
    data: dict[str, list[dict[str, Any]]] = {}
    for spec in specs:
        if spec.path not in known:
            known[spec.path] = asdict(survey(Path(spec.path)))
            write_text(cache, json.dumps(known, indent=1))
        corpus = spec.open()
        told = {
            "name": corpus.name,
            "licence": corpus.licence,
            "weight": spec.weight,
            "prepare": list(spec.prepare),
            **known[spec.path],
        }
        data.setdefault(spec.role, []).append(told)
    taught = [dict(source) for name in mixing.teachers for source in teacher.TEACHERS[name].sources]
    return data | ({"teacher": taught} if taught else {})


def _known(folder: Path) -> Run:
    if (folder / RECORD).is_file():
        return read_record(folder)
    declared = folder / "graph.json"
    if not declared.is_file():
        raise FileNotFoundError(
            f"{folder} is neither a run nor an exported model: {RECORD} and graph.json are missing."
        )
    meta = json.loads(declared.read_text(encoding="utf-8")).get("meta", {})
    return {name: meta[name] for name in ("licence", "data") if name in meta}
