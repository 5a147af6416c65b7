"""A factor and an offset for each channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, Weights, one


@dataclass(frozen=True)
class Affine(Layer):
    """What a batch norm is once trained."""

    def output(self, inputs: Sequence[Shape]) -> Shape:
        return one(inputs)

    def weights(self, inputs: Sequence[Shape]) -> Weights:
        channels = inputs[0][1]
        return {"scale": (channels,), "shift": (channels,)}

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        return x[0] * w["scale"] + w["shift"]

    @staticmethod
    def declare(graph: Declaration, x: str, *, name: str | None = None) -> str:
        """Multiply each channel by a factor and add an offset."""
        return graph.add("affine", x, name)
