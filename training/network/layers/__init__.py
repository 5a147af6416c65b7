"""Every type of layer: a line in `NAMES` stands for a file NAME.py, which holds the class of that name.

The engine's are in ``native/engine/layers/registry.def``. ``graph.NAME(...)`` is a layer's ``declare``.
"""

from __future__ import annotations

import importlib

from training.network.layers.shared.layer import Layer

NAMES = (
    "input",
    "conv",
    "conv_transpose",
    "dense",
    "gru",
    "attention",
    "upsample",
    "slice",
    "pad",
    "reshape",
    "transpose",
    "add",
    "multiply",
    "concat",
    "affine",
    "batch_norm",
    "layer_norm",
    "activation",
)


def _layer(name: str) -> type[Layer]:
    """Return the class of a layer's file: ConvTranspose of conv_transpose.py."""
    found: type[Layer] = getattr(importlib.import_module(f"{__name__}.{name}"), name.title().replace("_", ""))
    return found


LAYERS: dict[str, type[Layer]] = {name: _layer(name) for name in NAMES}

__all__ = ["LAYERS"]
