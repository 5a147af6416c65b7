"""What a layer is: the dataclass that every file beside this folder derives one type from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar, Protocol

Shape = tuple[int, int]
"""Positions along frequency, channels."""
Weights = dict[str, tuple[int, ...]]
Tensor = Any

MOST = 1 << 16
"""Positions, channels and filters that the engine takes at most."""


class Declaration(Protocol):
    """What a layer's ``declare`` adds a node to: a :class:`training.network.graph.Graph`."""

    def add(self, type: str, inputs: Sequence[str] | str, name: str | None = None, **attributes: Any) -> str:
        """Add a node and return its name."""
        ...


@dataclass(frozen=True)
class Layer:
    """A type of layer. Its fields are the attributes of a node in ``graph.json``, in the engine's names.

    A field without a default must be given. Rules, weights and costs follow from the attributes and from the shapes of
    the inputs; they raise ValueError where the engine would refuse the node.
    """

    method: ClassVar[str | None] = None
    """Name of `declare` as a method of a graph, if it is not the type's."""
    declare: ClassVar[Callable[..., str]]
    """Add a node of this type to a :class:`Declaration` and return its name: the comfortable way, with defaults."""

    def output(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of a frame of the output; refuse what cannot be."""
        raise NotImplementedError

    def weights(self, inputs: Sequence[Shape]) -> Weights:
        """Return the shape of each weight."""
        return {}

    def macs(self, inputs: Sequence[Shape]) -> int:
        """Return multiply-adds a frame in matrix products and convolutions; element-wise work is not counted."""
        return 0

    @property
    def past_frames(self) -> int:
        """Frames before the current one that the output depends on (a GRU's memory, which has no end, left out)."""
        return 0

    def call(self, k: ModuleType, x: Sequence[Tensor], w: Mapping[str, Tensor], shape: Shape) -> Tensor:
        """Compute the output.

        Parameters
        ----------
        k : module
            :mod:`training.network.kernels`, handed in because declaring needs no Keras.
        x : sequence of tensor, (batch, time, position, channel)
            Inputs.
        w : mapping of str to tensor
            Weights.
        shape : (int, int)
            That of the output.
        """
        raise NotImplementedError

    def keras_layer(self, k: ModuleType, name: str, dtype: str) -> Any:
        """Return Keras's own layer where there is one that keeps more than weights, else None."""
        return None


def one(inputs: Sequence[Shape]) -> Shape:
    """Return the shape of the only input."""
    if len(inputs) != 1:
        raise ValueError(f"needs one input, not {len(inputs)}")
    return inputs[0]


def whole(most: int = MOST, least: int = 1, **values: Any) -> None:
    """Refuse values that are no whole numbers within these bounds."""
    for name, value in values.items():
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            bounds = f"of at least {least}" if isinstance(value, int) and value < least else f"from {least} to {most}"
            raise ValueError(f"{name} must be a whole number {bounds}, not {value!r}")


def flags(**values: Any) -> None:
    """Refuse values that are neither true nor false."""
    for name, value in values.items():
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, not {value!r}")


def pair(name: str, values: Any) -> tuple[Any, Any]:
    """Return two values."""
    if not isinstance(values, Sequence) or len(values) != 2:
        raise ValueError(f"{name} must be 2 whole numbers, not {values!r}")
    return values[0], values[1]


def axis_of(axis: str) -> int:
    """Return 0 for "frequency", 1 for "channel"."""
    if axis not in ("frequency", "channel"):
        raise ValueError(f"axis '{axis}' is neither frequency nor channel")
    return ("frequency", "channel").index(axis)
