"""Convolution along time and frequency."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared import nonlinearity
from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, Weights, flags, one, pair, whole


@dataclass(frozen=True)
class Conv(Layer):
    """Causal over time, "same" along frequency as TensorFlow has it; weights (frames, width, channels, filters)."""

    filters: int
    kernel: Sequence[int]
    stride: int
    dilation: int
    groups: int
    activation: str
    use_bias: bool
    alpha: float | None = None

    def output(self, inputs: Sequence[Shape]) -> Shape:
        positions, channels = one(inputs)
        frames, width = pair("kernel", self.kernel)
        whole(256, frames=frames, dilation=self.dilation)
        whole(4096, width=width)
        whole(64, stride=self.stride)
        whole(filters=self.filters, groups=self.groups)
        flags(use_bias=self.use_bias)
        if channels % self.groups or self.filters % self.groups:
            raise ValueError(f"{channels} channels and {self.filters} filters cannot be cut into {self.groups} groups")
        return -(-positions // self.stride), self.filters

    def weights(self, inputs: Sequence[Shape]) -> Weights:
        bias: Weights = {"bias": (self.filters,)} if self.use_bias else {}
        return {"kernel": self._kernel(inputs)} | bias | nonlinearity.weights(self.activation, self.alpha, self.filters)

    def macs(self, inputs: Sequence[Shape]) -> int:
        return self.output(inputs)[0] * math.prod(self._kernel(inputs))

    @property
    def past_frames(self) -> int:
        return (self.kernel[0] - 1) * self.dilation

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        around = max((shape[0] - 1) * self.stride + self.kernel[1] - x[0].shape[2], 0)
        y = k.conv(x[0], w["kernel"], self.stride, self.dilation, self.groups, (around // 2, around - around // 2))
        return nonlinearity.activated(k, y + w["bias"] if self.use_bias else y, w, self.activation, self.alpha)

    def _kernel(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        return (*self.kernel, inputs[0][1] // self.groups, self.filters)

    @staticmethod
    def declare(
        graph: Declaration,
        x: str,
        filters: int,
        kernel: Shape,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        activation: str = "linear",
        use_bias: bool = True,
        name: str | None = None,
    ) -> str:
        """Convolution; `kernel` is (frames back in time and the current one, positions along frequency)."""
        return graph.add(
            "conv", x, name, filters=filters, kernel=list(kernel), stride=stride, dilation=dilation, groups=groups,
            **nonlinearity.attributes(activation), use_bias=use_bias,
        )  # fmt: skip
