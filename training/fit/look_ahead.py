"""Weights for a network with look-ahead of those of one with less of it.

A network that looks a frame further ahead gives its outputs a frame later. If its first convolutions take in one frame
more, with zeros for weights, it begins by giving what the other one gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from training.fit.start import Weights
from training.network import Graph


def looks_further(graph: Graph, front_end: Mapping[str, Any]) -> bool:
    """Tell whether a graph has more look-ahead than a network with such a front end, all else in it being equal."""
    of, to = dict(front_end), dict(graph.front_end)
    return bool(of.pop("lookahead", 0) < to.pop("lookahead", 0) and of == to)


def later(weights: Mapping[str, np.ndarray], graph: Graph) -> Weights:
    """Give weights for a graph of those of a network whose convolutions of the inputs take in fewer frames.

    Parameters
    ----------
    weights
        By "NODE/WEIGHT", of the network with less look-ahead.
    graph
        The one that begins with them.

    Returns
    -------
    dict of str to ndarray
        All of `weights`, with zeros for the latest frames of those convolutions.
    """
    made = {name: np.array(weight) for name, weight in weights.items()}
    for node in graph.nodes.values():
        name = f"{node.name}/kernel"
        if node.type == "conv" and name in made and any(graph.nodes[i].type == "input" for i in node.inputs):
            more = node.weights["kernel"][0] - len(made[name])
            made[name] = np.pad(made[name], [(0, max(more, 0)), (0, 0), (0, 0), (0, 0)])
    return made
