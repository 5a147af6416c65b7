"""Zeros along frequency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, one, whole


@dataclass(frozen=True)
class Pad(Layer):
    """`before` positions of zeros in front, `after` behind."""

    before: int
    after: int

    def output(self, inputs: Sequence[Shape]) -> Shape:
        positions, channels = one(inputs)
        whole(least=0, before=self.before, after=self.after)
        return positions + self.before + self.after, channels

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        return k.ops.pad(x[0], ((0, 0), (0, 0), (self.before, self.after), (0, 0)))

    @staticmethod
    def declare(graph: Declaration, x: str, before: int, after: int, *, name: str | None = None) -> str:
        """Zeros along frequency."""
        return graph.add("pad", x, name, before=before, after=after)
