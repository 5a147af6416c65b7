"""Where weights come from: the runs behind them, as a run's ``run.json`` holds them.

A run is named by the last two parts of its weights' path, as ``fullband/last.keras``. It is known by

- its "recipe", its "data" and, if it began with other weights, "start", their name: a run of `training.train`;
- "mean_of", the names of its parts: a mean of `training.fit.average`;
- its "licence" and "data", the sources' names with their licences: an exported model;
- nothing: weights that stand alone.

``run.json`` holds what its own run is known by, and as "before" all runs that led to it, by name, each after those
that it names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.config import ROLES

Run = dict[str, Any]


def origins(*weights: Path) -> tuple[list[str], dict[str, Run]]:
    """Name weights, and tell of their runs and of all before those.

    Parameters
    ----------
    *weights : Path
        ``.keras`` files, or folders of exported models.

    Returns
    -------
    names : list of str
        One of each.
    before : dict of str to dict
        Each run once, after those that it names.

    Raises
    ------
    OSError, ValueError
        If what tells of them cannot be read, or if runs that differ have one name.
    """
    names: list[str] = []
    before: dict[str, Run] = {}
    for path in weights:
        names.append("/".join(path.absolute().parts[-2:]))
        run = _known(path)
        for name, known in [*run.pop("before", {}).items(), (names[-1], run)]:
            if before.setdefault(name, known) != known:
                raise ValueError(f"two runs that differ are called {name}: give the folder of one another name")
    return names, before


def heard(run: Mapping[str, Any]) -> tuple[list[str], set[str]]:
    """Tell of all data behind weights: its sources with their licences, each once, and the licences that bind."""
    sources: list[str] = []
    licences: set[str] = set()
    for known in (run, *run.get("before", {}).values()):
        data = known.get("data", {})
        if "licence" in known:
            sources += data
            licences.add(known["licence"])
            continue
        of_run = [source for role in ROLES for source in data.get(role, [])]
        sources += [f"{source['name']} ({source['licence']})" for source in of_run]
        licences |= {source["licence"] for source in of_run}
    return [*dict.fromkeys(sources)], licences


def _known(weights: Path) -> Run:
    if weights.is_dir():
        declared = weights / "graph.json"
        if not declared.is_file():
            raise FileNotFoundError(f"{declared} is missing: give an exported model's folder, or a run's last.keras")
        meta = json.loads(declared.read_text(encoding="utf-8")).get("meta", {})
        return {name: meta[name] for name in ("licence", "data") if name in meta}
    described = weights.parent / "run.json"
    known: Run = json.loads(described.read_text(encoding="utf-8")) if described.is_file() else {}
    return known
