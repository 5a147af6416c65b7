"""Weights to begin with, taken where layers match."""

from __future__ import annotations

import json
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
    """

    weights: Weights
    missing: tuple[str, ...]
    unused: tuple[str, ...]


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
    return Matched(
        {name: weights[name] for name in wanted if name in fits},
        tuple(name for name in wanted if name not in fits),
        tuple(name for name in weights if name not in fits),
    )
