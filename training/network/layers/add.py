"""Sum of equal shapes."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor


@dataclass(frozen=True)
class Add(Layer):
    """Two or more inputs, added up."""

    method: ClassVar[str | None] = "add_up"

    def output(self, inputs: Sequence[Shape]) -> Shape:
        if len(inputs) < 2 or len(set(inputs)) != 1:
            raise ValueError(f"needs two or more inputs of one shape, not {list(inputs)}")
        return inputs[0]

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        return functools.reduce(operator.add, x)

    @staticmethod
    def declare(graph: Declaration, *xs: str, name: str | None = None) -> str:
        """Sum of equal shapes."""
        return graph.add("add", xs, name)
