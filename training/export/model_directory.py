"""A trained network as a model directory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from safetensors.numpy import save

from training.atomic import whole, write_text
from training.export.card import CURVES, card_text, measured, metadata, written_sections
from training.export.errors import ExportError
from training.export.folding import fold
from training.export.parity import check
from training.fit.keeper import BEST, LAST
from training.fit.record import read_record
from training.network.keras_build import load, weights_of


def export(
    model: Path,
    name: str,
    out: Path,
    licence: str | None = None,
    evaluations: Sequence[Path] = (),
    notes: Path | None = None,
    rank: int | None = None,
    purpose: str | None = None,
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
        learning curves into. Of a card that is there already, the sections Use, Limits and Known
        failures stay.
    licence : str, optional
        Licence of the weights; by default MIT, or that of the data which are for non-commercial use or research only.
    evaluations : sequence of Path
        ``evaluation.json`` files of `training.evaluate` in which the model took part under this name, for the card.
    notes : Path, optional
        Markdown for a section of the card, below its heading.
    rank : int, optional
        Place in the list of models, the least first; by default that of a model which is there already, else last.
    purpose : str, optional
        What the model is for, for lists; by default that of a model which is there already.

    Returns
    -------
    float
        The largest difference between engine and Keras, as `TOLERANCE` counts it.

    Raises
    ------
    FileNotFoundError, GraphError
        If there is no network, or it was not declared as a graph.
    ExportError
        If the engine does not run it, or not as Keras does, no licence follows from the data, or a file of measures is
        not one.
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
    declared = graph.to_json(metadata(network.graph, run, licence))
    known = out / "graph.json"
    if known.is_file():
        try:
            before = json.loads(known.read_text(encoding="utf-8"))
        except ValueError:
            raise ExportError(f"{known} is damaged: remove it") from None
        rank = before.get("rank") if rank is None else rank
        purpose = before.get("meta", {}).get("purpose") if purpose is None else purpose
    if rank is not None:
        declared["rank"] = rank
    if purpose is not None:
        declared["meta"] = {"purpose": purpose} | declared["meta"]
    declared["meta"]["measures"] = measured(name, file, run, evaluations)
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
    card = out / "card.md"
    written = written_sections(card.read_text(encoding="utf-8")) if card.is_file() else {}
    noted = notes.read_text(encoding="utf-8") if notes else ""
    write_text(card, card_text(declared, run, drawn, written, noted))
    return difference
