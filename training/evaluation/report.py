"""Tables and pictures of an evaluation."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.figure
import numpy as np
import soundfile

from speechenh_plugin.plots import draw
from training.atomic import whole, write_text
from training.audio import Audio
from training.evaluation.judge import MEASURES, PARTS, QUALITY, SWEEP
from training.evaluation.measures.level_sweep import GAINS_DB, sweep_name

Row = Mapping[str, Any]
Means = dict[str, dict[str, float]]
Margin = dict[str, float]

MOST_GROUPS = 12
"""A label of more values than this has no tables of its own."""
_FORMATS = {"STOI": ".3f", "ESTOI": ".3f", "RTF": ".4f"} | dict.fromkeys(
    ("SI-SDR", "level", "clean SI-SDR", "noise dB", *PARTS, *(name for name in SWEEP if name.startswith("SI-SDR"))),
    ".1f",
)


def means(rows: Sequence[Row], by: Callable[[Row], str] = lambda row: row["system"]) -> Means:
    """Mean of each measure over the rows of each group, what could not be judged left out."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(by(row), []).append(row)
    return {
        group: {
            measure: float(np.mean(values))
            for measure in MEASURES
            if (values := [row[measure] for row in members if math.isfinite(row.get(measure, math.nan))])
        }
        for group, members in groups.items()
    }


def margins(rows: Sequence[Row], of: str, draws: int = 10_000) -> dict[str, dict[str, Margin]]:
    """How far one system is above each other one, and how far chance could have put it.

    Parameters
    ----------
    rows : sequence of dict
        From `training.evaluation.run.evaluate`.
    of : str
        The system.
    draws : int
        Of the pairs, with replacement.

    Returns
    -------
    dict of dict of dict
        By other system and measure: "mean", the mean difference over the pairs on which both were judged (two at
        least), "low" and "high", where 95 % of the draws' means lie (the percentile bootstrap, Efron, "Bootstrap
        methods", 1979; of paired differences, as in Bisani & Ney, "Bootstrap estimates for confidence intervals in ASR
        performance evaluation", 2004). They speak of more such pairs, not of other voices or noises.
    """
    judged: dict[str, dict[Any, Row]] = {}
    for row in rows:
        judged.setdefault(row["system"], {})[row["pair"]] = row
    own = judged.pop(of)
    found: dict[str, dict[str, Margin]] = {}
    for system, others in judged.items():
        for measure in MEASURES:
            differences = [
                difference
                for pair, row in own.items()
                if math.isfinite(difference := row.get(measure, math.nan) - others.get(pair, {}).get(measure, math.nan))
            ]
            if len(differences) > 1:
                of_draws = np.random.default_rng(0).choice(differences, (draws, len(differences))).mean(axis=1)
                low, high = np.quantile(of_draws, [0.025, 0.975])
                margin = {"mean": float(np.mean(differences)), "low": float(low), "high": float(high)}
                found.setdefault(system, {})[measure] = margin
    return found


def write(folder: Path, title: str, rows: Sequence[Row], use: str = "") -> str:
    """Write ``evaluation.md``, ``.csv`` (a line for each pair and system), ``.json`` (means) and ``.png``.

    Parameters
    ----------
    folder : Path
    title : str
        What was evaluated on.
    rows : sequence of dict
        From `training.evaluation.run.evaluate`.
    use : str
        What the pairs may be used for, a sentence.

    Returns
    -------
    str
        The Markdown.
    """
    systems = means(rows)
    breakdowns: dict[str, dict[str, Means]] = {}
    for label, heading in (("snr_db", "SNR"), ("noise", "noise")):
        values = sorted({row[label] for row in rows if label in row}, key=_order)
        if 0 < len(values) <= MOST_GROUPS:
            breakdowns[heading] = {v: means([row for row in rows if row.get(label) == v]) for v in values}
    parts = [f"## {title}", *([f"{use}."] if use else []), table(systems, _found(systems, QUALITY))]
    if columns := _found(systems, PARTS):
        parts += ["### What is kept (0 is right) and what is left (lower is better), dB", table(systems, columns)]
    if _found(systems, SWEEP):
        parts += ["### What another level of the input costs", _sweep(systems)]
    first = next((system for system in systems if system not in ("noisy", "clean")), None)
    above = margins(rows, first) if first else {}
    if above:
        parts += [f"### {first} above the others (in brackets, 95 % of the bootstrap over pairs)", _margins(above)]
    for heading, groups in breakdowns.items():
        for measure in ("PESQ-nb", "SI-SDR", "between harmonics"):
            by_system = {
                system: {group: found[system][measure] for group, found in groups.items() if measure in found[system]}
                for system in systems
            }
            if any(by_system.values()):
                parts += [f"### {measure} by {heading}", table(by_system, list(groups), measure)]
    markdown = "\n\n".join(parts) + "\n"
    write_text(folder / "evaluation.md", markdown)
    found: dict[str, Any] = {
        "title": title,
        "use": use,
        "pairs": len({row["pair"] for row in rows}),
        "systems": systems,
        "by": breakdowns,
    }
    if above:
        found["above"] = {first: above}
    write_text(folder / "evaluation.json", json.dumps(found, indent=1) + "\n")
    with whole(folder / "evaluation.csv") as part, part.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["pair", "noise", "snr_db", "system", *MEASURES], restval="")
        writer.writeheader()
        writer.writerows(rows)
    with whole(folder / "evaluation.png") as part:
        _bars(part, systems, title)
    return markdown


def table(rows: Means, columns: Sequence[str], measure: str | None = None) -> str:
    """Markdown table of rows that have any of the columns; `measure` gives the format where columns are no measures."""
    cells = {
        name: [format(values[c], _FORMATS.get(measure or c, ".2f")) if c in values else "" for c in columns]
        for name, values in rows.items()
        if any(c in values for c in columns)
    }
    return _markdown(columns, cells)


def _found(rows: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """Those of the names that any row has."""
    return [name for name in names if any(name in values for values in rows.values())]


def _sweep(systems: Means) -> str:
    """Rows of a system and a measure, columns of gains."""
    gains = [f"{gain:+d} dB" for gain in GAINS_DB]
    cells = {
        f"{system}, {measure}": [
            format(found[name], "+" + _FORMATS.get(name, ".2f")) if name in found else "" for name in names
        ]
        for measure in ("SI-SDR", "PESQ")
        for names in [[sweep_name(measure, gain) for gain in GAINS_DB]]
        for system, found in systems.items()
        if any(name in found for name in names)
    }
    return _markdown(gains, cells)


def _margins(above: Mapping[str, Mapping[str, Margin]]) -> str:
    columns = [c for c in _found(above, (*QUALITY, *PARTS)) if c != "RTF"]
    cells = {
        system: [_interval(measured[c], _FORMATS.get(c, ".2f")) if c in measured else "" for c in columns]
        for system, measured in above.items()
    }
    return _markdown(columns, cells)


def _interval(margin: Margin, spec: str) -> str:
    mean, low, high = (format(margin[name], f"+{spec}") for name in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def _markdown(columns: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    lines = [f"| | {' | '.join(columns)} |", "|---|" + "--:|" * len(columns)]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())])


def figure(stem: Path, signals: Mapping[str, Audio], rate: int) -> None:
    """Draw waveforms and spectrograms of signals, and write each as WAV.

    Parameters
    ----------
    stem : Path
        Becomes ``STEM.png`` and ``STEM-NAME.wav``.
    signals : mapping of str to (samples,) array
    rate : int
        Hz.
    """
    for name, signal in signals.items():
        with whole(stem.with_name(f"{stem.name}-{name}.wav")) as part:
            soundfile.write(part, signal, rate)
    drawn = matplotlib.figure.Figure((5 * len(signals), 6), layout="constrained")
    draw(drawn, signals, rate)
    with whole(stem.with_name(f"{stem.name}.png")) as part:
        drawn.savefig(part, dpi=110)


def _bars(path: Path, systems: Means, title: str) -> None:
    measures = [m for m in QUALITY if m in systems.get("noisy", {})]
    drawn = matplotlib.figure.Figure((4 * len(measures), 1 + 0.35 * len(systems)), layout="constrained")
    drawn.suptitle(title)
    for axes, measure in zip(drawn.subplots(1, len(measures), squeeze=False)[0], measures, strict=True):
        values = {system: found[measure] for system, found in systems.items() if measure in found}
        colours = ["tab:grey" if system in ("noisy", "clean") else "tab:blue" for system in values]
        axes.barh(list(values), list(values.values()), color=colours)
        axes.set(title=measure)
        axes.invert_yaxis()
    drawn.savefig(path, dpi=90)


def _order(value: str) -> tuple[float, str]:
    """Sort numbers as numbers and before words."""
    try:
        return (float(value), "")
    except ValueError:
        return (math.inf, value)
