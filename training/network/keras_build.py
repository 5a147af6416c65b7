"""Keras from a :class:`~training.network.graph.Graph`: the same nodes, on sequences (batch, time, frequency, channel).

Time is causal: nothing sees later frames, and before the first frame there are zeros, as in the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from training.network import kernels
from training.network.graph import Graph, GraphError, Node

Tensor = Any

MASKS = {"gains", "filter"}
"""Outputs that act on the noisy spectrum: they begin near one half and near nothing, not as noise of their own."""

SMALL = 0.1
"""Gain of the initial weights of these outputs' last layers."""


@keras.saving.register_keras_serializable("training")
class GraphModel(keras.Model):
    """A Keras functional model that remembers the graph it was built from.

    Takes a dict of inputs (batch, time, frequency, channel), gives a dict of outputs; its layers bear the nodes' names.
    ``keras.models.load_model`` reads it back from a ``.keras`` file once this module is imported.

    Parameters
    ----------
    graph : Graph
        What to build.
    precision : str
        "float32", or "mixed_bfloat16" to compute in bfloat16 with float32 weights.
    """

    def __init__(self, graph: Graph, precision: str = "float32") -> None:
        tensors: dict[str, Any] = {}
        last = {_weighted(graph, graph.outputs[role]) for role in MASKS & {*graph.outputs}}
        for node in graph.nodes.values():
            if node.type == "input":
                tensors[node.name] = keras.Input((None, *node.shape), name=node.name)
            else:
                layer = node.layer.keras_layer(kernels, node.name, precision)
                layer = layer or NodeLayer(node, precision, gain=SMALL if node.name in last else 1.0)
                tensors[node.name] = layer(*[tensors[i] for i in node.inputs])
        inputs = {name: tensors[name] for name in graph.inputs}
        super().__init__(inputs, {role: tensors[name] for role, name in graph.outputs.items()}, name=graph.name)
        self.graph = graph

    def get_config(self) -> dict[str, Any]:
        """Give what `from_config` needs."""
        return {"graph": self.graph.to_json()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> GraphModel:
        """Build it again."""
        return cls(Graph.from_json(config["graph"]))


def build(graph: Graph, weights: Mapping[str, np.ndarray] | None = None, precision: str = "float32") -> GraphModel:
    """Build the Keras model of a graph.

    Parameters
    ----------
    graph : Graph
        Declared network.
    weights : mapping of str to ndarray, optional
        Weights by "NODE/WEIGHT"; freshly initialised if left out.
    precision : str
        "float32" or "mixed_bfloat16".

    Raises
    ------
    GraphError
        If there is no output, a node leads to none, or a weight that should be given is missing or has another shape.
    """
    if not graph.outputs:
        raise GraphError(f"{graph.name}: no output is declared")
    used = {*graph.outputs.values(), *(i for node in graph.nodes.values() for i in node.inputs)}
    for name in graph.nodes:
        if name not in used:
            raise GraphError(f"{graph.name}: node '{name}' leads to no output")
    model = GraphModel(graph, precision)
    if weights is not None:
        for name, variable in _variables(model).items():
            if name not in weights or tuple(weights[name].shape) != tuple(variable.shape):
                raise GraphError(
                    f"{graph.name}: weight '{name}' of shape {tuple(variable.shape)} is missing or has another shape"
                )
            variable.assign(weights[name])
    return model


def load(path: Path) -> GraphModel:
    """Read a ``.keras`` file of a network that was built from a graph.

    Raises
    ------
    FileNotFoundError
        If there is none.
    GraphError
        If it is unreadable, or holds another kind of network.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: give a .keras file, or what a run of at least one epoch has left")
    try:
        model = keras.models.load_model(path, compile=False)
    except (ValueError, TypeError, OSError, ImportError) as error:
        raise GraphError(f"{path} is not readable by Keras: {str(error).splitlines()[0]}") from error
    if not isinstance(model, GraphModel):
        strangers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
        raise GraphError(
            f"{path} was not built from a training.network graph: its layer '{strangers[0].name}' "
            f"({type(strangers[0]).__name__}) is no node that the engine runs. Declare the network as a Graph."
        )
    return model


def weights_of(model: keras.Model) -> dict[str, np.ndarray]:
    """Weights of a built model by "NODE/WEIGHT"."""
    return {name: ops.convert_to_numpy(variable.value) for name, variable in _variables(model).items()}


def _variables(model: keras.Model) -> dict[str, Any]:
    return {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}


def _weighted(graph: Graph, name: str) -> str:
    """Return the node with a kernel whose values reach `name` at most moved about and activated."""
    while "kernel" not in graph.nodes[name].weights and len(graph.nodes[name].inputs) == 1:
        name = graph.nodes[name].inputs[0]
    return name


class NodeLayer(keras.layers.Layer):
    """A node's weights, its kernel's initial ones times `gain`, and what its layer computes."""

    def __init__(self, node: Node, precision: str, gain: float) -> None:
        super().__init__(name=node.name, dtype=precision)
        self.node = node
        self.values: dict[str, Any] = {}
        for name, shape in node.weights.items():
            self.values[name] = self.add_weight(shape=shape, initializer=_initializer(name, shape, gain), name=name)
        self.built = True

    def call(self, *inputs: Tensor) -> Tensor:
        """Apply the node."""
        weights = {name: ops.cast(value, self.compute_dtype) for name, value in self.values.items()}
        return self.node.layer.call(kernels, inputs, weights, self.node.shape)

    def compute_output_spec(self, *inputs: Tensor) -> Any:
        """Say the shape without computing."""
        return keras.KerasTensor((*inputs[0].shape[:2], *self.node.shape), self.compute_dtype)


def _initializer(name: str, shape: tuple[int, ...], gain: float) -> Any:
    if name == "kernel":
        # Glorot & Bengio 2010 for matrices, He et al. 2015 for convolutions.
        matrix = len(shape) < 4
        scale, mode, kind = (1.0, "fan_avg", "uniform") if matrix else (2.0, "fan_in", "truncated_normal")
        return _each(keras.initializers.VarianceScaling(scale * gain**2, mode, kind), shape)
    if name == "recurrent_kernel":
        return _each(keras.initializers.Orthogonal(), shape)
    if name == "alpha":
        return keras.initializers.Constant(0.25)
    return keras.initializers.Ones() if name in ("gamma", "scale") else keras.initializers.Zeros()


def _each(initializer: Any, shape: tuple[int, ...]) -> Any:
    """Draw the matrix of each position by itself: an initializer would take positions for a kernel's width."""
    if len(shape) != 3:
        return initializer
    seeds = np.random.default_rng(initializer.seed).integers(2**31, size=shape[0])
    config = initializer.get_config()

    def draw(shape: tuple[int, ...], dtype: Any = None) -> Any:
        made = (type(initializer)(**config | {"seed": int(seed)}) for seed in seeds)
        return ops.stack([one(shape[1:], dtype=dtype) for one in made])

    return draw
