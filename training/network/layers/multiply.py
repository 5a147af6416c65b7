"""Product of shapes that are equal or have one position or one channel."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor


@dataclass(frozen=True)
class Multiply(Layer):
    """Two or more inputs; one position, or one channel, stands for all."""

    def output(self, inputs: Sequence[Shape]) -> Shape:
        shape = (max(s[0] for s in inputs), max(s[1] for s in inputs)) if len(inputs) > 1 else None
        if shape is None or shape not in inputs or any(s not in (shape, (1, shape[1]), (shape[0], 1)) for s in inputs):
            raise ValueError(f"cannot multiply shapes {list(inputs)}")
        return shape

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        return functools.reduce(operator.mul, x)

    @staticmethod
    def declare(graph: Declaration, *xs: str, name: str | None = None) -> str:
        """Product; one position, or one channel, stands for all."""
        return graph.add("multiply", xs, name)
