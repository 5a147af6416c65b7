"""An input of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.network.layers.shared.layer import Declaration, Layer, Shape, pair, whole


@dataclass(frozen=True)
class Input(Layer):
    """What a front end gives."""

    shape: Sequence[int]

    def output(self, inputs: Sequence[Shape]) -> Shape:
        if inputs:
            raise ValueError(f"takes no inputs, not {len(inputs)}")
        positions, channels = pair("shape", self.shape)
        whole(positions=positions, channels=channels)
        return positions, channels

    @staticmethod
    def declare(graph: Declaration, name: str, positions: int, channels: int) -> str:
        """Declare an input of shape (positions, channels)."""
        return graph.add("input", (), name, shape=[positions, channels])
