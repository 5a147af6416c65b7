"""Weights for a fullband network of those of another whose complex branch covers fewer bins and taps.

Within those bins the wider network begins by doing what the narrower one did: filters span the same frames, and
features that are relative to the stream's level are what they were at the usual level. Bins above begin without what
the bands' memory knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from training.fit.start import Weights
from training.network import Graph

USUAL_LEVEL_DB = -22.0
"""Summed power of a frame's bins at the usual level of -26 dBFS: with this window 10 log10(2.73) dB above the samples'
mean square, here rounded to whole dB as the offset of the features is."""


def is_narrower(front_end: Mapping[str, Any], weights: Mapping[str, np.ndarray], graph: Graph) -> bool:
    """Tell whether `widen` can give the weights of a network with such a front end to a graph."""
    of, to = front_end, graph.front_end
    branch = ("low_encoder1", "low_encoder2", "low_decoder1")
    if not all(f"{name}/kernel" in weights for name in branch) or "low_to_bands/kernel" in weights:
        return False
    if not {*branch, "encoder2", "low_to_bands", "bands_to_low"} <= {*graph.nodes}:
        return False
    if not of["kind"] == to["kind"] == "fullband" or of["compression"] != to["compression"]:
        return False
    return bool(0 < of["low_bins"] < to["low_bins"] and of["taps"] <= to["taps"])


def widen(weights: Mapping[str, np.ndarray], front_end: Mapping[str, Any], graph: Graph) -> Weights:
    """Give weights for a graph of those of a narrower network.

    Parameters
    ----------
    weights
        By "NODE/WEIGHT", of the narrower network.
    front_end
        Its front end.
    graph
        The wider network.

    Returns
    -------
    dict of str to ndarray
        All of `weights`, those of the complex branch made as wide as the graph's, and those of the two layers that join
        the branches, which the narrower network has not.
    """
    made = {name: np.array(weight) for name, weight in weights.items()}
    if graph.front_end.get("level_seconds") and not front_end.get("level_seconds"):
        made["low_encoder1/kernel"] *= np.float32(10 ** (USUAL_LEVEL_DB / 20 * front_end["compression"]))
    for name in ("kernel", "bias"):
        made[f"low_decoder1/{name}"] = _more_taps(
            made[f"low_decoder1/{name}"], front_end["taps"], graph.front_end["taps"]
        )
    positions, low = graph.nodes["encoder2"].shape[0], graph.nodes["low_encoder2"].shape[0]
    known = low * front_end["low_bins"] // graph.front_end["low_bins"]
    # Lowest, a band is a bin: as many positions of either branch cover the same frequencies.
    same = np.eye(low, positions, dtype=np.float32) * (np.arange(low) < known)[:, None]
    for name, kernel in (("low_to_bands", same), ("bands_to_low", same.T)):
        made[f"{name}/kernel"], made[f"{name}/bias"] = kernel, np.zeros(kernel.shape[1], np.float32)
    return made


def _more_taps(weight: np.ndarray, taps: int, wanted: int) -> np.ndarray:
    """Spread the last axis, (neighbours, part, tap) as one, over more taps, which begin with zeros."""
    apart = weight.reshape(*weight.shape[:-1], -1, 2, taps)
    return np.pad(apart, [(0, 0)] * (apart.ndim - 1) + [(0, wanted - taps)]).reshape(*weight.shape[:-1], -1)
