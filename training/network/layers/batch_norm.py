"""Batch normalisation, for training only: :mod:`training.export` folds it into other layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from training.network.layers.shared.layer import Declaration, Layer, Shape, Weights, one

MOMENTUM = 0.95
"""The running moments follow within a hundred steps: runs on a CPU have few."""


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Moments of each channel over batch, time and positions (Ioffe & Szegedy 2015)."""

    epsilon: float

    def output(self, inputs: Sequence[Shape]) -> Shape:
        return one(inputs)

    def weights(self, inputs: Sequence[Shape]) -> Weights:
        channels = inputs[0][1]
        return {weight: (channels,) for weight in ("gamma", "beta", "moving_mean", "moving_variance")}

    def keras_layer(self, k: ModuleType, name: str, dtype: str) -> Any:
        return k.BatchNorm(momentum=MOMENTUM, epsilon=self.epsilon, name=name, dtype=dtype)

    @staticmethod
    def declare(graph: Declaration, x: str, *, epsilon: float = 1e-3, name: str | None = None) -> str:
        """Batch normalisation by channel; folded into other nodes at export."""
        return graph.add("batch_norm", x, name, epsilon=epsilon)
