"""Transposed convolution along frequency."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared import nonlinearity
from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, Weights, flags, one, pair, whole


@dataclass(frozen=True)
class ConvTranspose(Layer):
    """`stride` positions out for each one in; weights (1, width, filters, channels), as Keras stores them."""

    filters: int
    kernel: Sequence[int]
    stride: int
    activation: str
    use_bias: bool
    alpha: float | None = None

    def output(self, inputs: Sequence[Shape]) -> Shape:
        positions, _ = one(inputs)
        frames, width = pair("kernel", self.kernel)
        whole(4096, width=width)
        whole(64, stride=self.stride)
        whole(filters=self.filters)
        flags(use_bias=self.use_bias)
        if frames != 1:
            raise ValueError("runs along frequency only: its kernel must be [1, width]")
        return positions * self.stride, self.filters

    def weights(self, inputs: Sequence[Shape]) -> Weights:
        bias: Weights = {"bias": (self.filters,)} if self.use_bias else {}
        return {"kernel": self._kernel(inputs)} | bias | nonlinearity.weights(self.activation, self.alpha, self.filters)

    def macs(self, inputs: Sequence[Shape]) -> int:
        return inputs[0][0] * math.prod(self._kernel(inputs))

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        y = k.ops.conv_transpose(x[0], w["kernel"], (1, self.stride), "same")
        return nonlinearity.activated(k, y + w["bias"] if self.use_bias else y, w, self.activation, self.alpha)

    def _kernel(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        return (1, self.kernel[1], self.filters, inputs[0][1])

    @staticmethod
    def declare(
        graph: Declaration,
        x: str,
        filters: int,
        width: int,
        *,
        stride: int,
        activation: str = "linear",
        use_bias: bool = True,
        name: str | None = None,
    ) -> str:
        """Transposed convolution along frequency, `width` positions wide."""
        return graph.add(
            "conv_transpose", x, name, filters=filters, kernel=[1, width], stride=stride,
            **nonlinearity.attributes(activation), use_bias=use_bias,
        )  # fmt: skip
