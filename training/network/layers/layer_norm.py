"""Layer normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, Weights, one


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Mean and deviation of each position over its channels, or of each frame (Ba et al. 2016)."""

    axes: str
    epsilon: float

    def output(self, inputs: Sequence[Shape]) -> Shape:
        if self.axes not in ("channel", "all"):
            raise ValueError(f"axes '{self.axes}' is neither channel nor all")
        if not 1e-12 <= self.epsilon <= 1:
            raise ValueError(f"epsilon must be from 1e-12 to 1, not {self.epsilon!r}")
        return one(inputs)

    def weights(self, inputs: Sequence[Shape]) -> Weights:
        own = inputs[0] if self.axes == "all" else (inputs[0][1],)
        return {"gamma": own, "beta": own}

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        axes = (3,) if self.axes == "channel" else (2, 3)
        mean, variance = k.ops.moments(x[0], axes, keepdims=True)
        scale = w["gamma"] * k.ops.rsqrt(variance + self.epsilon)
        return x[0] * scale + (w["beta"] - mean * scale)

    @staticmethod
    def declare(
        graph: Declaration, x: str, *, axes: str = "channel", epsilon: float = 1e-5, name: str | None = None
    ) -> str:
        """Normalisation of each position ("channel") or each frame ("all")."""
        return graph.add("layer_norm", x, name, axes=axes, epsilon=epsilon)
