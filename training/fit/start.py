"""Weights to begin with, taken where layers match."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from training.network import Graph
from training.network.keras_build import load, weights_of

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Matched:
    """Weights of another network that fit a graph, and what did not.

    Attributes
    ----------
    weights
        By "NODE/WEIGHT".
    missing
        Weights of the graph that the other has not, or in another shape: they begin at random.
    unused
        Weights of the other that the graph has not, or in another shape.
    zero
        Those of `missing` that begin at zero: of layers whose output is added to what the other network has, so that
        the graph begins by doing what the other does.
    """

    weights: Weights
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    zero: tuple[str, ...]

    def begin(self, random: Mapping[str, np.ndarray]) -> Weights:
        """Give all weights of the graph, those that the other network lacks from `random` or zero."""
        zeros = {name: np.zeros_like(random[name]) for name in self.zero}
        return {**random, **zeros, **self.weights}


def read_weights(path: Path) -> Weights:
    """Read weights by "NODE/WEIGHT" from a ``.keras`` file, or from a folder of an exported model.

    Raises
    ------
    OSError, ValueError
        If there are none.
    """
    if path.is_dir():
        return load_file(path / "weights.safetensors")
    return weights_of(load(path))


def check_finite(weights: Mapping[str, np.ndarray], path: Path) -> None:
    """Refuse weights of a training that has diverged.

    Raises
    ------
    ValueError
        If one is no finite number.
    """
    if not all(np.isfinite(value).all() for value in weights.values()):
        raise ValueError(
            f"{path} holds weights that are no finite numbers: its training diverged; delete that run, and give its "
            "stage a lower learning_rate or a clip_norm."
        )


def digest(path: Path) -> str:
    """Give the sha256 of the weights that `read_weights` reads, whenever they were written.

    Raises
    ------
    OSError, ValueError
        If there are none.
    """
    if path.is_dir():
        with (path / "weights.safetensors").open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    try:
        with zipfile.ZipFile(path) as archive:
            return hashlib.sha256(archive.read("model.weights.h5")).hexdigest()
    except (zipfile.BadZipFile, KeyError):
        raise ValueError(f"{path} holds no weights of Keras: delete that run.") from None


def read_front_end(path: Path) -> dict[str, Any]:
    """Read the front end of the network whose weights `read_weights` reads; raises as that does."""
    if path.is_dir():
        return dict(json.loads((path / "graph.json").read_text(encoding="utf-8"))["front_end"])
    return dict(load(path).graph.front_end)


def match(weights: Mapping[str, np.ndarray], graph: Graph) -> Matched:
    """Find the weights that a graph can begin with: those of the same name and shape.

    Raises
    ------
    ValueError
        If not one fits.
    """
    wanted = {f"{node.name}/{name}": shape for node in graph.nodes.values() for name, shape in node.weights.items()}
    fits = {name for name, shape in wanted.items() if name in weights and weights[name].shape == tuple(shape)}
    if not fits:
        raise ValueError(f"not one weight fits the network {graph.name}")
    added = _added(graph, weights)
    return Matched(
        {name: weights[name] for name in wanted if name in fits},
        tuple(name for name in wanted if name not in fits),
        tuple(name for name in weights if name not in fits),
        tuple(name for name in wanted if name not in fits and name.partition("/")[0] in added),
    )


def _added(graph: Graph, weights: Mapping[str, np.ndarray]) -> set[str]:
    """Find convolutions and products that another network lacks, and whose output is added to what it has."""
    theirs = {name.partition("/")[0] for name in weights}
    known: dict[str, bool] = {}
    for node in graph.nodes.values():
        inputs = not node.inputs or any(known[name] for name in node.inputs)
        known[node.name] = node.name in theirs if node.weights else inputs
    sums = (node.inputs for node in graph.nodes.values() if node.type == "add")
    added = {_weighted(graph, name) for inputs in sums if any(known[i] for i in inputs) for name in inputs}
    return {name for name in added if not known[name] and graph.nodes[name].type in ("conv", "dense")}


def _weighted(graph: Graph, name: str) -> str:
    """Go back over what only brings an output into another shape."""
    while graph.nodes[name].type in ("reshape", "slice", "transpose"):
        [name] = graph.nodes[name].inputs
    return name
