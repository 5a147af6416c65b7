"""Activation functions, which linear layers end with and the layer ``activation`` is."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from speechenh_plugin.constants import LEAKY_RELU_ALPHA
from training.network.layers.shared.layer import Tensor, Weights

ACTIVATIONS = ("linear", "relu", "leaky_relu", "prelu", "elu", "sigmoid", "tanh", "silu")


def attributes(activation: str) -> dict[str, Any]:
    """Return the attributes that declare an activation function."""
    return {"activation": activation, **({"alpha": LEAKY_RELU_ALPHA} if activation == "leaky_relu" else {})}


def weights(activation: str, alpha: float | None, channels: int) -> Weights:
    """Return the weights of an activation function; refuse an unknown one, and a slope for one that has none."""
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation '{activation}' is not one of {', '.join(ACTIVATIONS)}")
    if alpha is not None and activation != "leaky_relu":
        raise ValueError(f"alpha is for leaky_relu, not for {activation}")
    return {"alpha": (channels,)} if activation == "prelu" else {}


def activated(k: ModuleType, x: Tensor, w: Mapping[str, Tensor], activation: str, alpha: float | None) -> Tensor:
    """Apply an activation function."""
    if activation == "linear":
        return x
    if activation == "leaky_relu":
        return k.ops.leaky_relu(x, LEAKY_RELU_ALPHA if alpha is None else alpha)
    if activation == "prelu":
        return k.ops.relu(x) - w["alpha"] * k.ops.relu(-x)
    return getattr(k.ops, activation)(x)
