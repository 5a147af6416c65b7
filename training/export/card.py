"""What a model tells of itself: data, licence, measures, recipe; in graph.json and as a card."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from training.export.errors import ExportError
from training.fit.keeper import BEST
from training.fit.record import NOT_STATED, heard
from training.network.graph import Graph
from training.recipe import BETTER

CURVES = "history.png"

WRITTEN = ("Use", "Limits", "Known failures")
"""Sections of a card that a person writes."""


def metadata(graph: Graph, run: Mapping[str, Any], licence: str | None) -> dict[str, Any]:
    """Return the ``meta`` of a model's graph.json, but for its measures.

    Parameters
    ----------
    graph : Graph
        As trained.
    run : mapping
        What the run's folder knows of it; empty if there is none.
    licence : str or None
        Of the weights; None for what follows from the data.

    Raises
    ------
    ExportError
        If no single licence follows from the data.
    """
    known = heard(run)
    if licence is None and NOT_STATED in known.licences:
        named = [name.removesuffix(f" ({NOT_STATED})") for name in known.sources if name.endswith(f" ({NOT_STATED})")]
        raise ExportError(
            f"the licence of {', '.join(named) or 'a model before it'} is {NOT_STATED}: "
            "give the weights' with --licence"
        )
    return {
        "licence": licence or _licence(known.licences),
        "data": list(known.sources),
        "parameters": graph.parameters,
        "macs_per_frame": graph.macs,
    }


def _licence(of_data: Iterable[str]) -> str:
    """MIT, unless some data are for non-commercial use or for research only: then their licence."""
    found = set(of_data)
    restricted = [each for each in found if re.search(r"\bNC\b|\bnon-?commercial|\bresearch\b", each, re.I)]
    terms = {term for each in restricted for term in re.findall(r"CC BY-NC(?:-SA|-ND)? \d\.\d", each) or [each]}
    if len(terms) > 1:
        raise ExportError(f"the data are under {' and '.join(sorted(terms))}: give the weights' licence with --licence")
    return terms.pop() if terms else "MIT" if found else NOT_STATED


def measured(name: str, model: Path, run: Mapping[str, Any], evaluations: Sequence[Path]) -> dict[str, Any]:
    """Collect what the epoch of these weights reached, and what the evaluations found, but for the machine's speed."""
    measures: dict[str, dict[str, float]] = {}
    history = model.with_name("history.csv")
    if "stage" in run and history.is_file():
        with history.open(newline="") as file:
            rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
        monitor = run["stage"]["monitor"]
        best = model.name == BEST
        taken = BETTER[monitor](rows, key=lambda row: row[monitor]) if best else rows[-1]
        measures["validation"] = {
            "epochs": rows[-1]["epoch"],
            **({"best epoch": taken["epoch"]} if best else {}),
            **{key.removeprefix("val_"): taken[key] for key in taken if key.startswith("val_")},
        }
    for path in evaluations:
        found = _json(path)
        if not isinstance(found, dict) or "systems" not in found:
            raise ExportError(f"{path} is not of training.evaluate: give the evaluation.json of its --out.")
        if name not in found["systems"]:
            raise ExportError(f"{path} does not hold a system called '{name}', only {', '.join(found['systems'])}")
        for system, title in (("noisy", "noisy"), (name, "denoised")):
            measures.setdefault(f"{found['title']}, {title}", {}).update(found["systems"][system])
    return {
        title: {key: round(value, 4) for key, value in values.items() if value is not None and key != "RTF"}
        for title, values in measures.items()
    }


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None


def written_sections(card: str) -> dict[str, str]:
    """Give what a person has written in a card: the text of each section of `WRITTEN` that is there."""
    sections = dict(re.findall(r"^## (.+?)\n+(.*?)\s*(?=^## |\Z)", card, re.M | re.S))
    return {title: sections[title] for title in WRITTEN if sections.get(title)}


def card_text(
    declared: Mapping[str, Any], run: Mapping[str, Any], curves: bool, written: Mapping[str, str], notes: str = ""
) -> str:
    """Tell in Markdown what a user of the model should know.

    Parameters
    ----------
    declared : mapping
        The model's graph.json.
    run : mapping
        What the run's folder knows of it.
    curves : bool
        Whether there is a picture of its learning curves.
    written : mapping of str to str
        Sections of `WRITTEN`.
    notes : str
        Markdown of a section of its own.
    """
    meta = declared["meta"]
    measures = [
        f"- {title}: " + ", ".join(f"{key} {value:g}" for key, value in values.items())
        for title, values in meta["measures"].items()
    ]
    sections = {
        "Use": [written.get("Use", "Not described.")],
        "Limits": [written.get("Limits", "Not described.")],
        "Measures": [*(measures or ["Not measured."]), *(["", f"![Learning curves]({CURVES})"] if curves else [])],
        "Data": [f"- {source}" for source in meta["data"] or ["not recorded"]],
        "Recipe": recipe_lines(run),
        "Known failures": [written.get("Known failures", "Not described.")],
        **({"Notes": [notes.strip()]} if notes else {}),
    }
    lines = [
        f"# {declared['name']}",
        "",
        f"Licence of the weights: {meta['licence']}.",
        f"{meta['parameters']:,} parameters, {meta['macs_per_frame']:,} multiply-adds a frame of 8 ms; "
        f"{declared['front_end']['kind']} front end.",
    ]
    for title, section in sections.items():
        lines += ["", f"## {title}", "", *section]
    return "\n".join(lines) + "\n"


def recipe_lines(run: Mapping[str, Any]) -> list[str]:
    """Tell of a run and of all before it, the last first: one recipe is told whole, of others what differs from it."""
    whole_recipe: Mapping[str, Any] = {}
    lines: list[str] = []
    for name, known in [("", run), *reversed(run.get("before", {}).items())]:
        block: list[str] = []
        start = f"trained from `{known['from']}`" if "from" in known else "trained from random weights"
        if "mean_of" in known:
            parts = [f"`{part}`{f', {n:g} times' if n != 1 else ''}" for part, n in known["mean_of"].items()]
            told = f"the mean of the weights of {'; '.join(parts)}."
        elif "recipe" not in known:
            told = "its own card tells." if "licence" in known else "not recorded."
        elif not whole_recipe:
            whole_recipe = _of_stage(known)
            told, block = f"{start} by", ["", "```json", json.dumps(whole_recipe, indent=1), "```"]
        else:
            told = f"{start} by the same but for `{json.dumps(_differing(_of_stage(known), whole_recipe))}`."
        lines += ["", f"`{name}`: {told}" if name else told[0].upper() + told[1:], *block]
    return lines[1:]


def _of_stage(run: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings of a run: its stage's and, of the recipe, those that all stages share."""
    shared = {key: value for key, value in run["recipe"].items() if key not in ("stages", "corpora", "evaluation")}
    return shared | {key: run[key] for key in ("stage", "seed") if key in run}


def _differing(recipe: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Find the settings of a recipe that another has not so; None stands for one that only the other has."""
    found: dict[str, Any] = {}
    for key in dict.fromkeys([*recipe, *other]):
        ours, theirs = recipe.get(key), other.get(key)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            if inner := _differing(ours, theirs):
                found[key] = inner
        elif ours != theirs:
            found[key] = ours
    return found
