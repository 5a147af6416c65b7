"""An activation function by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared import nonlinearity
from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, Weights, one


@dataclass(frozen=True)
class Activation(Layer):
    """Applied to each value."""

    activation: str
    alpha: float | None = None

    def output(self, inputs: Sequence[Shape]) -> Shape:
        return one(inputs)

    def weights(self, inputs: Sequence[Shape]) -> Weights:
        return nonlinearity.weights(self.activation, self.alpha, inputs[0][1])

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        return nonlinearity.activated(k, x[0], w, self.activation, self.alpha)

    @staticmethod
    def declare(graph: Declaration, x: str, activation: str, *, name: str | None = None) -> str:
        """Apply an activation function."""
        return graph.add("activation", x, name, **nonlinearity.attributes(activation))
