"""The one declaration of a network: a list of nodes on (frequency, channel) frames.

From the same list Keras is built for training (:mod:`training.network.keras_build`) and the plug-in's engine reads
its graph. Batch and time are implied: a node says what happens to one frame, and how far it looks back. What a node can
be is in :mod:`training.network.layers`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import partial
from typing import Any

from training.network.layers import LAYERS
from training.network.layers.shared.layer import Layer, Shape, Weights

FORMAT = 1


class GraphError(ValueError):
    """A network that cannot be; the message names the node."""


@dataclass(frozen=True)
class Node:
    """One node of a :class:`Graph`, with all that follows from its layer and inputs.

    Attributes
    ----------
    attributes : dict
        Those of its layer that were given, as graph.json has them.
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
    layer: Layer
    shape: Shape
    weights: Weights
    macs: int

    def to_json(self) -> dict[str, Any]:
        """Give the node as graph.json holds it."""
        return {"name": self.name, "type": self.type, "inputs": list(self.inputs), **self.attributes}


class Graph:
    """A network declared node by node; every method that adds one returns its name, to be the input of the next.

    There is a method for each layer, its ``declare``: ``graph.conv(x, 4, (8, 9))`` is
    ``Conv.declare(graph, x, 4, (8, 9))``.

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
            reach[node.name] = node.layer.past_frames + max((reach[i] for i in node.inputs), default=0)
        return max(reach.values())

    # -- declaring

    def add(self, type: str, inputs: Sequence[str] | str, name: str | None = None, **attributes: Any) -> str:
        """Add a node of any type by its attributes in graph.json; the layers' methods are the comfortable way.

        Raises
        ------
        GraphError
            If the type is unknown, an input is missing, or attributes or shapes do not fit.
        """
        inputs = (inputs,) if isinstance(inputs, str) else tuple(inputs)
        name = name or f"{type}_{sum(node.type == type for node in self.nodes.values()) + 1}"
        label = f"{self.name}: node '{name}' ({type})"
        if type not in LAYERS:
            raise GraphError(f"{label}: unknown type; the engine runs {', '.join(sorted(LAYERS))}")
        if name in self.nodes or "/" in name:
            raise GraphError(f"{label}: a name must be unique and without '/'")
        for source in inputs:
            if source not in self.nodes:
                raise GraphError(f"{label}: input '{source}' is not declared before it")
        attributes = {key: list(a) if isinstance(a, tuple) else a for key, a in attributes.items()}
        shapes = [self.nodes[i].shape for i in inputs]
        try:
            layer = _layer(LAYERS[type], attributes)
            shape = layer.output(shapes)
            node = Node(name, type, inputs, attributes, layer, shape, layer.weights(shapes), layer.macs(shapes))
        except (ValueError, TypeError) as error:
            raise GraphError(f"{label}: {error}") from None
        self.nodes[name] = node
        return name

    def __getattr__(self, method: str) -> Callable[..., str]:
        """Return the ``declare`` of a layer, for this graph."""
        if method not in _METHODS:
            raise AttributeError(f"a graph has no layer '{method}', only {', '.join(_METHODS)}")
        return partial(_METHODS[method], self)

    def output(self, role: str, node: str) -> None:
        """Say that `node` is the network's output called `role`."""
        if node not in self.nodes:
            raise GraphError(f"{self.name}: output '{role}' is node '{node}', which is not declared")
        self.outputs[role] = node

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


_METHODS = {layer.method or name: layer.declare for name, layer in LAYERS.items()}


def _layer(type: type[Layer], attributes: Mapping[str, Any]) -> Layer:
    """Make a layer of its attributes; refuse one that is missing or unknown."""
    known = {field.name: field for field in fields(type)}
    for name, field in known.items():
        if name not in attributes and field.default is MISSING:
            raise ValueError(f"attribute '{name}' is missing")
    for name in attributes:
        if name not in known:
            raise ValueError(f"there is no attribute '{name}', only {', '.join(known) or 'none'}")
    return type(**attributes)
