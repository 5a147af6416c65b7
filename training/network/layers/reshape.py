"""The same values as other positions and channels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, one, pair, whole


@dataclass(frozen=True)
class Reshape(Layer):
    """Row-major: (F, r*C) to (F*r, C) is sub-pixel up-sampling (Shi et al. 2016)."""

    shape: Sequence[int]

    def output(self, inputs: Sequence[Shape]) -> Shape:
        positions, channels = pair("shape", self.shape)
        whole(positions=positions, channels=channels)
        if positions * channels != math.prod(one(inputs)):
            raise ValueError(f"cannot reshape {inputs[0]} to {(positions, channels)}")
        return positions, channels

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        return k.ops.reshape(x[0], (*k.ops.shape(x[0])[:2], *shape))

    @staticmethod
    def declare(graph: Declaration, x: str, positions: int, channels: int, *, name: str | None = None) -> str:
        """Row-major reshape: (F, r*C) to (F*r, C) is sub-pixel up-sampling."""
        return graph.add("reshape", x, name, shape=[positions, channels])
