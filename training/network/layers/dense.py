"""Matrix product along the channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared import nonlinearity
from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, Weights, flags, one, whole


@dataclass(frozen=True)
class Dense(Layer):
    """The same at each position, or with weights for each of them, on a leading axis."""

    units: int
    activation: str
    use_bias: bool
    per_position: bool = False
    alpha: float | None = None

    def output(self, inputs: Sequence[Shape]) -> Shape:
        whole(units=self.units)
        flags(use_bias=self.use_bias, per_position=self.per_position)
        return one(inputs)[0], self.units

    def weights(self, inputs: Sequence[Shape]) -> Weights:
        positions, channels = inputs[0]
        own = (positions,) if self.per_position else ()
        bias: Weights = {"bias": (*own, self.units)} if self.use_bias else {}
        slopes = nonlinearity.weights(self.activation, self.alpha, self.units)
        return {"kernel": (*own, channels, self.units)} | bias | slopes

    def macs(self, inputs: Sequence[Shape]) -> int:
        positions, channels = inputs[0]
        return positions * channels * self.units

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        if self.per_position:
            y = k.ops.transpose(k.products(x[0], w["kernel"]), (1, 2, 0, 3))
        else:
            y = k.product(x[0], w["kernel"])
        return nonlinearity.activated(k, y + w["bias"] if self.use_bias else y, w, self.activation, self.alpha)

    @staticmethod
    def declare(
        graph: Declaration,
        x: str,
        units: int,
        *,
        activation: str = "linear",
        use_bias: bool = True,
        per_position: bool = False,
        name: str | None = None,
    ) -> str:
        """Matrix product along the channels, the same at each position or with weights for each of them."""
        own = {"per_position": True} if per_position else {}
        return graph.add("dense", x, name, units=units, **nonlinearity.attributes(activation), use_bias=use_bias, **own)
