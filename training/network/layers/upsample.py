"""More positions by repetition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, one, whole


@dataclass(frozen=True)
class Upsample(Layer):
    """Each position `factor` times."""

    factor: int

    def output(self, inputs: Sequence[Shape]) -> Shape:
        positions, channels = one(inputs)
        whole(64, factor=self.factor)
        return positions * self.factor, channels

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        return k.ops.repeat(x[0], self.factor, 2)

    @staticmethod
    def declare(graph: Declaration, x: str, factor: int, *, name: str | None = None) -> str:
        """Repeat each position `factor` times."""
        return graph.add("upsample", x, name, factor=factor)
