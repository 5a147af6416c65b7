"""Inputs joined along frequency or channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, axis_of


@dataclass(frozen=True)
class Concat(Layer):
    """Two or more inputs, one after the other."""

    axis: str

    def output(self, inputs: Sequence[Shape]) -> Shape:
        axis = axis_of(self.axis)
        if len(inputs) < 2 or len({s[1 - axis] for s in inputs}) != 1:
            raise ValueError(f"cannot join shapes {list(inputs)} along {self.axis}")
        total = sum(s[axis] for s in inputs)
        return (total, inputs[0][1]) if axis == 0 else (inputs[0][0], total)

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        return k.ops.concatenate(x, 2 + axis_of(self.axis))

    @staticmethod
    def declare(graph: Declaration, *xs: str, axis: str = "channel", name: str | None = None) -> str:
        """Join along "channel" or "frequency"."""
        return graph.add("concat", xs, name, axis=axis)
