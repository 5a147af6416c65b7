"""``python -m training.export RUN --name NAME --out models/NAME``: a trained network as a model that the plug-in runs.

Batch norms are folded away, the result is run in the plug-in's engine and compared with Keras, and a card is written
that says what it was trained on, how, and how well it does.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from speechenh_plugin.engine import Network
from speechenh_plugin.modelfile import pack_graph
from training.atomic import whole, write_text
from training.fit.keeper import BEST, LAST
from training.fit.record import heard, read_record
from training.network.graph import Graph, GraphError, Node
from training.network.keras_build import GraphModel, load, weights_of
from training.recipe import BETTER

Weights = dict[str, np.ndarray]

TOLERANCE = 1e-4
"""Largest difference between engine and Keras, beside the largest output value (or 1, if that is smaller)."""

CHECK_FRAMES = 64

CURVES = "history.png"


class ExportError(Exception):
    """A network that cannot become a model file; the message says why."""


def export(
    model: Path,
    name: str,
    out: Path,
    licence: str | None = None,
    evaluations: Sequence[Path] = (),
    notes: Path | None = None,
) -> float:
    """Write a model directory.

    Parameters
    ----------
    model : Path
        Folder of a run of `training.train`, whose best epoch is taken; or a ``.keras`` file of a network built from a
        graph: a run's ``last.keras``, with all that the run's folder knows, or one that stands alone.
    name : str
        Name of the model.
    out : Path
        Directory to write ``graph.json``, ``weights.safetensors``, ``card.md`` and, if the run has drawn them, its
        learning curves into.
    licence : str, optional
        Licence of the weights; by default MIT, or CC BY-NC if any of the data is for non-commercial use only.
    evaluations : sequence of Path
        ``evaluation.json`` files of `training.evaluate` in which the model took part under this name, for the card.
    notes : Path, optional
        Markdown for the card, as on what was tried.

    Returns
    -------
    float
        The largest difference between engine and Keras, as `TOLERANCE` counts it.

    Raises
    ------
    FileNotFoundError, GraphError
        If there is no network, or it was not declared as a graph.
    ExportError
        If the engine does not run it, or not as Keras does.
    """
    file = model
    if model.is_dir():
        # A mean of runs has no best epoch.
        file = next((model / name for name in (BEST, LAST) if (model / name).is_file()), model / BEST)
    network = load(file)
    graph, weights = fold(network.graph, weights_of(network))
    graph.name = name
    folder = file.parent
    run = read_record(folder) if model.is_dir() or (folder / "run.json").is_file() else {}
    declared = graph.to_json(_meta(network.graph, run, licence))
    declared["meta"]["measures"] = _measures(name, file, run, evaluations)
    difference = check(network, declared, weights)
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "graph.json", json.dumps(declared, indent=1) + "\n")
    with whole(out / "weights.safetensors") as part:
        part.write_bytes(save(weights))
    curves = folder / CURVES
    drawn = bool(run) and curves.is_file()
    if drawn:
        with whole(out / CURVES) as part:
            shutil.copyfile(curves, part)
    card = _card(declared, run, drawn) + (f"\n{notes.read_text(encoding='utf-8')}" if notes else "")
    write_text(out / "card.md", card)
    return difference


def fold(graph: Graph, weights: Mapping[str, np.ndarray]) -> tuple[Graph, Weights]:
    """Fold batch norms, then activations, into the layers before them; a batch norm that has none becomes an affine.

    Parameters
    ----------
    graph : Graph
        As trained.
    weights : mapping of str to ndarray
        By "NODE/WEIGHT".

    Returns
    -------
    graph, weights
        Of a network that gives the same output.
    """
    users: dict[str, int] = dict.fromkeys(graph.nodes, 0)
    for source in [*(i for node in graph.nodes.values() for i in node.inputs), *graph.outputs.values()]:
        users[source] += 1
    folded = Graph(graph.name, graph.front_end)
    kept: dict[str, dict[str, Any]] = {}
    stands_for: dict[str, str] = {}
    new = {key: np.asarray(value, np.float64) for key, value in weights.items()}
    for node in graph.nodes.values():
        inputs = [stands_for.get(i, i) for i in node.inputs]
        before = kept.get(inputs[0]) if inputs else None
        alone = before is not None and users[node.inputs[0]] == 1 and before.get("activation") == "linear"
        if node.type == "batch_norm":
            scale, shift = _scale_shift(new, node)
            if alone and before is not None:
                _fold_into(new, before, scale, shift)
                stands_for[node.name] = inputs[0]
            else:
                kept[node.name] = {"name": node.name, "type": "affine", "inputs": inputs}
                new |= {f"{node.name}/scale": scale, f"{node.name}/shift": shift}
        elif node.type == "activation" and alone and before is not None:
            before |= node.attributes
            if f"{node.name}/alpha" in new:
                new[f"{before['name']}/alpha"] = new.pop(f"{node.name}/alpha")
            stands_for[node.name] = inputs[0]
        else:
            kept[node.name] = {**node.to_json(), "inputs": inputs}
    for declared in kept.values():
        attributes = {key: value for key, value in declared.items() if key not in ("name", "type", "inputs")}
        folded.add(declared["type"], declared["inputs"], declared["name"], **attributes)
    for role, name in graph.outputs.items():
        folded.output(role, stands_for.get(name, name))
    names = {f"{node.name}/{weight}" for node in folded.nodes.values() for weight in node.weights}
    return folded, {key: np.ascontiguousarray(new[key], np.float32) for key in sorted(names)}


def _scale_shift(weights: Mapping[str, np.ndarray], node: Node) -> tuple[np.ndarray, np.ndarray]:
    gamma, beta, mean, variance = (
        weights[f"{node.name}/{weight}"] for weight in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + node.attributes["epsilon"])
    return scale, beta - mean * scale


def _fold_into(weights: Weights, node: dict[str, Any], scale: np.ndarray, shift: np.ndarray) -> None:
    name = node["name"]
    # A transposed convolution's kernel has its filters on the last axis but one, as Keras stores it.
    weights[f"{name}/kernel"] = weights[f"{name}/kernel"] * (
        scale[:, None] if node["type"] == "conv_transpose" else scale
    )
    weights[f"{name}/bias"] = weights.get(f"{name}/bias", 0) * scale + shift
    node["use_bias"] = True


def check(network: GraphModel, declared: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> float:
    """Run the exported network in the engine and the trained one in Keras on the same noise.

    Returns
    -------
    float
        Largest difference of any output, as `TOLERANCE` counts it.

    Raises
    ------
    ExportError
        If the engine refuses the network, or differs.
    """
    try:
        engine = Network(pack_graph(declared, weights))
    except ValueError as error:
        raise ExportError(f"the engine does not run {declared['name']}: {error}") from error
    noise = np.random.default_rng(0)
    inputs = {
        name: noise.standard_normal((CHECK_FRAMES, *node.shape), np.float32)
        for name, node in network.graph.inputs.items()
    }
    expected = network({name: value[None] for name, value in inputs.items()}, training=False)
    differences = {}
    for role, got in engine.run(inputs).items():
        wanted = np.asarray(expected[role])[0].astype(np.float64)
        differences[role] = float(np.abs(got - wanted).max() / max(1.0, float(np.abs(wanted).max())))
        if not differences[role] <= TOLERANCE:
            raise ExportError(
                f"the engine's output '{role}' of {declared['name']} is {differences[role]:.1e} off Keras's, "
                f"more than {TOLERANCE:g}"
            )
    return max(differences.values())


def _meta(graph: Graph, run: Mapping[str, Any], licence: str | None) -> dict[str, Any]:
    known = heard(run)
    restricted = any(re.search(r"\bNC\b|\bnon-?commercial", licence_of, re.I) for licence_of in known.licences)
    return {
        "licence": licence or ("CC BY-NC 3.0" if restricted else "MIT"),
        "data": list(known.sources),
        "parameters": graph.parameters,
        "macs_per_frame": graph.macs,
    }


def _measures(name: str, model: Path, run: Mapping[str, Any], evaluations: Sequence[Path]) -> dict[str, Any]:
    """Collect what the epoch of these weights reached, and what the evaluations found before and after."""
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
        if name not in found["systems"]:
            raise ExportError(f"{path} does not hold a system called '{name}', only {', '.join(found['systems'])}")
        for system, title in (("noisy", "noisy"), (name, "denoised")):
            measures.setdefault(f"{found['title']}, {title}", {}).update(found["systems"][system])
    return {
        title: {key: round(value, 4) for key, value in values.items() if value is not None}
        for title, values in measures.items()
    }


def _json(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def _card(declared: Mapping[str, Any], run: Mapping[str, Any], curves: bool) -> str:
    """Tell in Markdown what a user of the model should know."""
    meta = declared["meta"]
    lines = [
        f"# {declared['name']}",
        "",
        f"Licence of the weights: {meta['licence']}.",
        "",
        f"{meta['parameters']:,} parameters, {meta['macs_per_frame']:,} multiply-adds a frame of 8 ms; "
        f"{declared['front_end']['kind']} front end.",
        "",
        "## Data",
        "",
        *(f"- {source}" for source in meta["data"] or ["not recorded"]),
        "",
        "## Measures",
        "",
        *(
            f"- {title}: " + ", ".join(f"{key} {value:g}" for key, value in values.items())
            for title, values in meta["measures"].items()
        ),
        *([] if meta["measures"] else ["Not measured yet."]),
        *(["", f"![Learning curves]({CURVES})"] if curves else []),
        "",
        "## Recipe",
        "",
        *_recipes(run),
    ]
    return "\n".join(lines) + "\n"


def _recipes(run: Mapping[str, Any]) -> list[str]:
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description=__doc__.split("\n")[0])
    parser.add_argument(
        "model", type=Path, metavar="RUN", help="folder of a run of training.train, or a .keras file, as RUN/last.keras"
    )
    parser.add_argument("--name", required=True, help="name of the model")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="directory to write, as models/NAME")
    parser.add_argument("--licence", help="licence of the weights; by default it follows from the data's")
    parser.add_argument(
        "--evaluation", type=Path, action="append", default=[], metavar="FILE", help="evaluation.json for the card"
    )
    parser.add_argument("--notes", type=Path, metavar="FILE", help="Markdown for the card's end")
    options = parser.parse_args(arguments)
    try:
        difference = export(
            options.model, options.name, options.out, options.licence, options.evaluation, options.notes
        )
    except (ExportError, GraphError, OSError) as error:
        print(f"training.export: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: the engine is within {difference:.1e} of Keras")
    return 0


if __name__ == "__main__":
    sys.exit(main())
