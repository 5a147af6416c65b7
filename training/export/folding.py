"""Batch norms and activations folded into the layers before them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from training.network.graph import Graph, Node

Weights = dict[str, np.ndarray]


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
