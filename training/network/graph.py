"""The one declaration of a network: a list of nodes on (frequency, channel) frames.

From the same list Keras is built for training (:mod:`training.network.keras_build`) and the plug-in's engine reads
its graph. Batch and time are implied: a node says what happens to one frame, and how far it looks back.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Shape = tuple[int, int]
Weights = dict[str, tuple[int, ...]]

FORMAT = 1
ACTIVATIONS = ("linear", "relu", "leaky_relu", "prelu", "elu", "sigmoid", "tanh")
LEAKY_RELU_ALPHA = 0.2


class GraphError(ValueError):
    """A network that cannot be; the message names the node."""


@dataclass(frozen=True)
class Node:
    """One node of a :class:`Graph`, with all that follows from its attributes and inputs.

    Attributes
    ----------
    shape : (int, int)
        Positions along frequency, channels.
    weights : dict of str to tuple of int
        Shape of each weight.
    macs : int
        Multiply-adds a frame in matrix products and convolutions; element-wise work is not counted.
    """

    name: str
    type: str
    inputs: tuple[str, ...]
    attributes: dict[str, Any]
    shape: Shape
    weights: Weights
    macs: int

    def to_json(self) -> dict[str, Any]:
        """Give the node as graph.json holds it."""
        return {"name": self.name, "type": self.type, "inputs": list(self.inputs), **self.attributes}


class Graph:
    """A network declared node by node; every method that adds one returns its name, to be the input of the next.

    Parameters
    ----------
    name : str
        Name of the model.
    front_end : dict
        What the network is fed with, see :mod:`training.network.features`.

    Examples
    --------
    >>> graph = Graph("tiny", {"kind": "narrowband", "max_gain": 1.0, "lookahead": 0})
    >>> x = graph.input("input", 129, 1)
    >>> x = graph.conv(x, 4, (8, 9), activation="relu")
    >>> graph.output("magnitude", graph.conv(x, 1, (1, 129)))
    >>> graph.parameters
    809
    """

    def __init__(self, name: str, front_end: Mapping[str, Any]) -> None:
        self.name = name
        self.front_end = dict(front_end)
        self.nodes: dict[str, Node] = {}
        self.outputs: dict[str, str] = {}

    # -- what follows from the declaration

    @property
    def inputs(self) -> dict[str, Node]:
        """Input nodes by name."""
        return {node.name: node for node in self.nodes.values() if node.type == "input"}

    @property
    def parameters(self) -> int:
        """Trainable parameters (a batch norm's running moments are not trained)."""
        return sum(
            math.prod(shape)
            for node in self.nodes.values()
            for weight, shape in node.weights.items()
            if not weight.startswith("moving_")
        )

    @property
    def macs(self) -> int:
        """Multiply-adds a frame."""
        return sum(node.macs for node in self.nodes.values())

    @property
    def context(self) -> int:
        """Past frames that the convolutions see (a GRU's memory, which has no end, left out)."""
        reach: dict[str, int] = {}
        for node in self.nodes.values():
            own = (
                (node.attributes["kernel"][0] - 1) * node.attributes.get("dilation", 1)
                if "kernel" in node.attributes
                else 0
            )
            reach[node.name] = own + max((reach[i] for i in node.inputs), default=0)
        return max(reach.values())

    # -- declaring

    def add(self, type: str, inputs: Sequence[str] | str, name: str | None = None, **attributes: Any) -> str:
        """Add a node of any type; the methods below are the comfortable way.

        Raises
        ------
        GraphError
            If the type is unknown, an input is missing, or the shapes do not fit.
        """
        inputs = (inputs,) if isinstance(inputs, str) else tuple(inputs)
        name = name or f"{type}_{sum(node.type == type for node in self.nodes.values()) + 1}"
        label = f"{self.name}: node '{name}' ({type})"
        if type not in _RULES:
            raise GraphError(f"{label}: unknown type; the engine runs {', '.join(sorted(_RULES))}")
        if name in self.nodes or "/" in name:
            raise GraphError(f"{label}: a name must be unique and without '/'")
        for source in inputs:
            if source not in self.nodes:
                raise GraphError(f"{label}: input '{source}' is not declared before it")
        attributes = {key: list(a) if isinstance(a, tuple) else a for key, a in attributes.items()}
        try:
            shape, weights, macs = _RULES[type]([self.nodes[i].shape for i in inputs], attributes)
        except KeyError as error:
            raise GraphError(f"{label}: attribute {error} is missing") from None
        except (ValueError, TypeError) as error:
            raise GraphError(f"{label}: {error}") from None
        self.nodes[name] = Node(name, type, inputs, attributes, shape, weights, macs)
        return name

    def input(self, name: str, positions: int, channels: int) -> str:
        """Declare an input of shape (positions, channels)."""
        return self.add("input", (), name, shape=[positions, channels])

    def output(self, role: str, node: str) -> None:
        """Say that `node` is the network's output called `role`."""
        if node not in self.nodes:
            raise GraphError(f"{self.name}: output '{role}' is node '{node}', which is not declared")
        self.outputs[role] = node

    def conv(
        self,
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
        return self.add(
            "conv", x, name, filters=filters, kernel=list(kernel), stride=stride, dilation=dilation, groups=groups,
            **_activation(activation), use_bias=use_bias,
        )  # fmt: skip

    def conv_transpose(
        self,
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
        return self.add(
            "conv_transpose", x, name, filters=filters, kernel=[1, width], stride=stride,
            **_activation(activation), use_bias=use_bias,
        )  # fmt: skip

    def dense(
        self,
        x: str,
        units: int,
        *,
        activation: str = "linear",
        use_bias: bool = True,
        per_position: bool = False,
        name: str | None = None,
    ) -> str:
        """Matrix product along the channels, the same at each position or with weights for each of them."""
        return self.add(
            "dense", x, name, units=units, **_activation(activation), use_bias=use_bias, **_per_position(per_position)
        )

    def gru(
        self,
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
        return self.add("gru", x, name, units=units, axis=axis, reverse=reverse, **_per_position(per_position))

    def batch_norm(self, x: str, *, epsilon: float = 1e-3, name: str | None = None) -> str:
        """Batch normalisation by channel; folded into other nodes at export."""
        return self.add("batch_norm", x, name, epsilon=epsilon)

    def layer_norm(self, x: str, *, axes: str = "channel", epsilon: float = 1e-5, name: str | None = None) -> str:
        """Normalisation of each position ("channel") or each frame ("all")."""
        return self.add("layer_norm", x, name, axes=axes, epsilon=epsilon)

    def activation(self, x: str, activation: str, *, name: str | None = None) -> str:
        """Apply an activation function."""
        return self.add("activation", x, name, **_activation(activation))

    def add_up(self, *xs: str, name: str | None = None) -> str:
        """Sum of equal shapes."""
        return self.add("add", xs, name)

    def multiply(self, *xs: str, name: str | None = None) -> str:
        """Product; one position, or one channel, stands for all."""
        return self.add("multiply", xs, name)

    def concat(self, *xs: str, axis: str = "channel", name: str | None = None) -> str:
        """Join along "channel" or "frequency"."""
        return self.add("concat", xs, name, axis=axis)

    def slice(self, x: str, start: int, size: int, *, axis: str = "frequency", name: str | None = None) -> str:
        """Keep `size` positions or channels from `start`."""
        return self.add("slice", x, name, axis=axis, start=start, size=size)

    def pad(self, x: str, before: int, after: int, *, name: str | None = None) -> str:
        """Zeros along frequency."""
        return self.add("pad", x, name, before=before, after=after)

    def upsample(self, x: str, factor: int, *, name: str | None = None) -> str:
        """Repeat each position `factor` times."""
        return self.add("upsample", x, name, factor=factor)

    def reshape(self, x: str, positions: int, channels: int, *, name: str | None = None) -> str:
        """Row-major reshape: (F, r*C) to (F*r, C) is sub-pixel up-sampling."""
        return self.add("reshape", x, name, shape=[positions, channels])

    def transpose(self, x: str, *, name: str | None = None) -> str:
        """Swap positions and channels."""
        return self.add("transpose", x, name)

    def attention(self, query: str, key: str, value: str, *, heads: int = 1, name: str | None = None) -> str:
        """Scaled dot-product attention across frequency inside a frame."""
        return self.add("attention", (query, key, value), name, heads=heads)

    # -- JSON

    def to_json(self, meta: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Give the model file's graph.json as a dict."""
        return {
            "format": FORMAT,
            "name": self.name,
            "front_end": self.front_end,
            "nodes": [node.to_json() for node in self.nodes.values()],
            "outputs": self.outputs,
            "meta": dict(meta or {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | str) -> Graph:
        """Read what :meth:`to_json` made, checking every node again.

        Raises
        ------
        GraphError
            If it is no graph of this format, or a node is wrong.
        """
        if isinstance(data, str):
            data = json.loads(data)
        if not isinstance(data, Mapping) or data.get("format") != FORMAT:
            raise GraphError(f"not a network graph of format {FORMAT}")
        graph = cls(data["name"], data["front_end"])
        for node in data["nodes"]:
            attributes = {key: value for key, value in node.items() if key not in ("name", "type", "inputs")}
            graph.add(node["type"], node["inputs"], node["name"], **attributes)
        for role, name in data["outputs"].items():
            graph.output(role, name)
        return graph


# -- the rules: what follows from a node's input shapes and attributes

Rule = Callable[[list[Shape], dict[str, Any]], tuple[Shape, Weights, int]]


def _activation(activation: str) -> dict[str, Any]:
    return {"activation": activation, **({"alpha": LEAKY_RELU_ALPHA} if activation == "leaky_relu" else {})}


def _per_position(per_position: bool) -> dict[str, Any]:
    return {"per_position": True} if per_position else {}


def _activation_weights(a: Mapping[str, Any], channels: int) -> Weights:
    if a["activation"] not in ACTIVATIONS:
        raise ValueError(f"activation '{a['activation']}' is not one of {', '.join(ACTIVATIONS)}")
    return {"alpha": (channels,)} if a["activation"] == "prelu" else {}


def _one(shapes: list[Shape]) -> Shape:
    if len(shapes) != 1:
        raise ValueError(f"needs one input, not {len(shapes)}")
    return shapes[0]


def _positive(**values: int) -> None:
    for name, value in values.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")


def _input(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    positions, channels = a["shape"]
    _positive(positions=positions, channels=channels)
    return (positions, channels), {}, 0


def _conv(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    positions, channels = _one(shapes)
    (frames, width), filters, groups = a["kernel"], a["filters"], a["groups"]
    _positive(frames=frames, width=width, filters=filters, groups=groups, stride=a["stride"], dilation=a["dilation"])
    if channels % groups or filters % groups:
        raise ValueError(f"{channels} channels and {filters} filters cannot be cut into {groups} groups")
    out = -(-positions // a["stride"])
    kernel = (frames, width, channels // groups, filters)
    weights = {"kernel": kernel, **({"bias": (filters,)} if a["use_bias"] else {})}
    return (out, filters), weights | _activation_weights(a, filters), out * math.prod(kernel)


def _conv_transpose(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    positions, channels = _one(shapes)
    (frames, width), filters = a["kernel"], a["filters"]
    _positive(width=width, filters=filters, stride=a["stride"])
    if frames != 1:
        raise ValueError("runs along frequency only: its kernel must be [1, width]")
    kernel = (1, width, filters, channels)
    weights = {"kernel": kernel, **({"bias": (filters,)} if a["use_bias"] else {})}
    return (positions * a["stride"], filters), weights | _activation_weights(a, filters), positions * math.prod(kernel)


def _dense(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    positions, channels = _one(shapes)
    units = a["units"]
    _positive(units=units)
    own = _own(positions, a)
    weights: Weights = {"kernel": (*own, channels, units), **({"bias": (*own, units)} if a["use_bias"] else {})}
    return (positions, units), weights | _activation_weights(a, units), positions * channels * units


def _gru(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    positions, channels = _one(shapes)
    units = a["units"]
    _positive(units=units)
    if a["axis"] not in ("time", "frequency"):
        raise ValueError(f"axis '{a['axis']}' is neither time nor frequency")
    if a["reverse"] and a["axis"] == "time":
        raise ValueError("time runs one way: reverse is for axis frequency")
    if a.get("per_position") and a["axis"] == "frequency":
        raise ValueError("per_position is for axis time: along frequency, one GRU runs over all positions")
    own = _own(positions, a)
    weights: Weights = {
        "kernel": (*own, channels, 3 * units),
        "recurrent_kernel": (*own, units, 3 * units),
        "bias": (*own, 2, 3 * units),
    }
    return (positions, units), weights, positions * (channels + units) * 3 * units


def _own(positions: int, a: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the leading axis of weights that each position has for itself."""
    return (positions,) if a.get("per_position") else ()


def _equal(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    if len(shapes) < 2 or len(set(shapes)) != 1:
        raise ValueError(f"needs two or more inputs of one shape, not {shapes}")
    return shapes[0], {}, 0


def _multiply(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    shape = (max(s[0] for s in shapes), max(s[1] for s in shapes)) if len(shapes) > 1 else None
    if shape is None or shape not in shapes or any(s not in (shape, (1, shape[1]), (shape[0], 1)) for s in shapes):
        raise ValueError(f"cannot multiply shapes {shapes}")
    return shape, {}, 0


def _concat(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    axis = _axis(a)
    if len(shapes) < 2 or len({s[1 - axis] for s in shapes}) != 1:
        raise ValueError(f"cannot join shapes {shapes} along {a['axis']}")
    total = sum(s[axis] for s in shapes)
    return ((total, shapes[0][1]) if axis == 0 else (shapes[0][0], total)), {}, 0


def _axis(a: Mapping[str, Any]) -> int:
    if a["axis"] not in ("frequency", "channel"):
        raise ValueError(f"axis '{a['axis']}' is neither frequency nor channel")
    return ("frequency", "channel").index(a["axis"])


def _slice(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    shape, axis = _one(shapes), _axis(a)
    start, size = a["start"], a["size"]
    _positive(size=size)
    if start < 0 or start + size > shape[axis]:
        raise ValueError(f"cannot take {size} from {start} out of {shape[axis]}")
    return ((size, shape[1]) if axis == 0 else (shape[0], size)), {}, 0


def _pad(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    positions, channels = _one(shapes)
    if a["before"] < 0 or a["after"] < 0:
        raise ValueError("cannot pad by less than nothing")
    return (positions + a["before"] + a["after"], channels), {}, 0


def _upsample(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    positions, channels = _one(shapes)
    _positive(factor=a["factor"])
    return (positions * a["factor"], channels), {}, 0


def _reshape(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    positions, channels = a["shape"]
    _positive(positions=positions, channels=channels)
    if positions * channels != math.prod(_one(shapes)):
        raise ValueError(f"cannot reshape {shapes[0]} to {(positions, channels)}")
    return (positions, channels), {}, 0


def _transpose(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    positions, channels = _one(shapes)
    return (channels, positions), {}, 0


def _affine(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    shape = _one(shapes)
    return shape, {"scale": (shape[1],), "shift": (shape[1],)}, 0


def _batch_norm(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    shape = _one(shapes)
    return shape, {w: (shape[1],) for w in ("gamma", "beta", "moving_mean", "moving_variance")}, 0


def _layer_norm(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    shape = _one(shapes)
    if a["axes"] not in ("channel", "all"):
        raise ValueError(f"axes '{a['axes']}' is neither channel nor all")
    own = shape if a["axes"] == "all" else (shape[1],)
    return shape, {"gamma": own, "beta": own}, 0


def _activate(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    shape = _one(shapes)
    return shape, _activation_weights(a, shape[1]), 0


def _attention(shapes: list[Shape], a: dict[str, Any]) -> tuple[Shape, Weights, int]:
    if len(shapes) != 3 or len(set(shapes)) != 1:
        raise ValueError(f"needs query, key and value of one shape, not {shapes}")
    positions, channels = shapes[0]
    _positive(heads=a["heads"])
    if channels % a["heads"]:
        raise ValueError(f"{channels} channels cannot be cut into {a['heads']} heads")
    return shapes[0], {}, 2 * positions * positions * channels


_RULES: dict[str, Rule] = {
    "input": _input,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "dense": _dense,
    "gru": _gru,
    "add": _equal,
    "multiply": _multiply,
    "concat": _concat,
    "slice": _slice,
    "pad": _pad,
    "upsample": _upsample,
    "reshape": _reshape,
    "transpose": _transpose,
    "affine": _affine,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "activation": _activate,
    "attention": _attention,
}
