"""The exported network in the engine beside the trained one in Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from speechenh_plugin.engine import Network
from speechenh_plugin.modelfile import pack_graph
from training.export.errors import ExportError
from training.network.keras_build import GraphModel

TOLERANCE = 1e-4
"""Largest difference between engine and Keras, beside the largest output value (or 1, if that is smaller)."""

CHECK_FRAMES = 64


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
