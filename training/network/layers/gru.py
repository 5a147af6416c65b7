"""Gated recurrent unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from training.network.layers.shared.layer import Declaration, Layer, Shape, Tensor, Weights, flags, one, whole


@dataclass(frozen=True)
class Gru(Layer):
    """As Keras has it with ``reset_after=True`` (Cho et al. 2014); gates are update, reset, candidate.

    Over time each position is a sequence by itself, with the same weights or, on a leading axis, its own; along
    frequency each frame is.
    """

    units: int
    axis: str
    reverse: bool
    per_position: bool = False

    def output(self, inputs: Sequence[Shape]) -> Shape:
        whole(units=self.units)
        flags(reverse=self.reverse, per_position=self.per_position)
        if self.axis not in ("time", "frequency"):
            raise ValueError(f"axis '{self.axis}' is neither time nor frequency")
        if self.reverse and self.axis == "time":
            raise ValueError("time runs one way: reverse is for axis frequency")
        if self.per_position and self.axis == "frequency":
            raise ValueError("per_position is for axis time: along frequency, one GRU runs over all positions")
        return one(inputs)[0], self.units

    def weights(self, inputs: Sequence[Shape]) -> Weights:
        positions, channels = inputs[0]
        own, gates = (positions,) if self.per_position else (), 3 * self.units
        return {
            "kernel": (*own, channels, gates),
            "recurrent_kernel": (*own, self.units, gates),
            "bias": (*own, 2, gates),
        }

    def macs(self, inputs: Sequence[Shape]) -> int:
        positions, channels = inputs[0]
        return positions * (channels + self.units) * 3 * self.units

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        bias = w["bias"]
        if self.per_position:
            shares = k.products(x[0], w["kernel"]) + bias[:, None, None, 0]
            states = k.gru_scan(shares[:, :, :, None], w["recurrent_kernel"], bias[:, 1])
            return k.ops.transpose(states[:, :, :, 0], (1, 2, 0, 3))
        # The scan runs along the second axis; the input's share of all steps is one product before it.
        turn = (0, 1, 2, 3) if self.axis == "time" else (0, 2, 1, 3)
        shares = k.ops.transpose(k.product(x[0], w["kernel"]) + bias[0], turn)
        shares = k.ops.flip(shares, 1) if self.reverse else shares
        states = k.gru_scan(shares[None], w["recurrent_kernel"][None], bias[None, 1])[0]
        return k.ops.transpose(k.ops.flip(states, 1) if self.reverse else states, turn)

    @staticmethod
    def declare(
        graph: Declaration,
        x: str,
        units: int,
        *,
        axis: str = "time",
        reverse: bool = False,
        per_position: bool = False,
        name: str | None = None,
    ) -> str:
        """Gated recurrent unit over time (each position by itself) or over frequency (each frame by itself).

        Over time, positions share their weights or have their own.
        """
        own = {"per_position": True} if per_position else {}
        return graph.add("gru", x, name, units=units, axis=axis, reverse=reverse, **own)
