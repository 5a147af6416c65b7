"""Attention across frequency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, whole


@dataclass(frozen=True)
class Attention(Layer):
    """Scaled dot products (Vaswani et al. 2017) of the positions inside a frame; inputs are query, key and value."""

    heads: int

    def output(self, inputs: Sequence[Shape]) -> Shape:
        if len(inputs) != 3 or len(set(inputs)) != 1:
            raise ValueError(f"needs query, key and value of one shape, not {list(inputs)}")
        whole(heads=self.heads)
        if inputs[0][1] % self.heads:
            raise ValueError(f"{inputs[0][1]} channels cannot be cut into {self.heads} heads")
        return inputs[0]

    def macs(self, inputs: Sequence[Shape]) -> int:
        positions, channels = inputs[0]
        return 2 * positions * positions * channels

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        (positions, channels), heads = shape, self.heads
        batch, time = k.ops.shape(x[0])[:2]
        query, key, value = (k.ops.reshape(part, (batch, time, positions, heads, channels // heads)) for part in x)
        scores = k.ops.einsum("btfhc,btghc->bthfg", query, key) / (channels / heads) ** 0.5
        y = k.ops.einsum("bthfg,btghc->btfhc", k.ops.softmax(scores), value)
        return k.ops.reshape(y, (batch, time, positions, channels))

    @staticmethod
    def declare(
        graph: Declaration, query: str, key: str, value: str, *, heads: int = 1, name: str | None = None
    ) -> str:
        """Scaled dot-product attention across frequency inside a frame."""
        return graph.add("attention", (query, key, value), name, heads=heads)
