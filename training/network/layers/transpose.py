"""Positions as channels, channels as positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, one


@dataclass(frozen=True)
class Transpose(Layer):
    """Each frame's matrix turned."""

    def output(self, inputs: Sequence[Shape]) -> Shape:
        positions, channels = one(inputs)
        return channels, positions

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        return k.ops.transpose(x[0], (0, 1, 3, 2))

    @staticmethod
    def declare(graph: Declaration, x: str, *, name: str | None = None) -> str:
        """Swap positions and channels."""
        return graph.add("transpose", x, name)
