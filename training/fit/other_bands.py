"""Weights for a fullband network of those of one whose bands lie otherwise.

What has weights for each position along frequency takes those of the position whose centre is nearest on the ear's
scale. Convolutions have the same weights at all positions, and stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from training.fit.start import Weights
from training.network import Graph

APART = 8
"""Bands from one position to the next."""


def are_other(front_end: Mapping[str, Any], graph: Graph) -> bool:
    """Tell whether a network with such a front end has other bands than a graph."""
    of, to = front_end, graph.front_end
    return bool(of["kind"] == to["kind"] == "fullband" and of["centers"] != to["centers"])


def moved(weights: Mapping[str, np.ndarray], front_end: Mapping[str, Any], graph: Graph) -> Weights:
    """Give weights for a graph of those of a network with other bands.

    Parameters
    ----------
    weights
        By "NODE/WEIGHT", of the other network, whose positions are as many bands apart as the graph's.
    front_end
        Its front end.
    graph
        The network that begins with them.

    Returns
    -------
    dict of str to ndarray
        All of `weights`. An axis that is as long as the other network has positions has as many as the graph has, where
        the graph wants that; sums over positions share a weight among those that take it.
    """
    old, new = (np.asarray(bands["centers"])[::APART] for bands in (front_end, graph.front_end))
    nearest = np.abs(_erb_number(old)[None] - _erb_number(new)[:, None]).argmin(1)
    takers = np.bincount(nearest, minlength=len(old))
    made = {}
    for name, weight in weights.items():
        node, _, kind = name.partition("/")
        wanted = graph.nodes[node].weights.get(kind, weight.shape) if node in graph.nodes else weight.shape
        for axis, size in enumerate(wanted):
            if weight.ndim == len(wanted) and (weight.shape[axis], size) == (len(old), len(new)):
                if kind == "kernel" and weight.ndim == 2 and axis == 0:
                    weight = weight / takers[:, None].clip(1)
                weight = weight.take(nearest, axis)
        made[name] = np.asarray(weight, np.float32)
    return made


def _erb_number(hertz: np.ndarray) -> np.ndarray:
    """ERB number of a frequency, up to a factor (Glasberg & Moore 1990)."""
    return np.log1p(4.37 * hertz / 1000)
