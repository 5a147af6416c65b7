"""Keras from a :class:`~training.network.graph.Graph`: the same nodes, on sequences (batch, time, frequency, channel).

Time is causal: nothing sees later frames, and before the first frame there are zeros, as in the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training.network.graph import Graph, GraphError, Node
from training.network.recurrence import scan

Tensor = Any
Weights = Mapping[str, Any]

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
                layer = _layer(node, precision, gain=SMALL if node.name in last else 1.0)
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
    return {name: np.asarray(variable.numpy()) for name, variable in _variables(model).items()}


def _variables(model: keras.Model) -> dict[str, Any]:
    return {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}


def _weighted(graph: Graph, name: str) -> str:
    """Name of the node with weights whose values reach `name` at most moved about and activated."""
    while graph.nodes[name].type in ("reshape", "slice", "transpose", "activation"):
        name = graph.nodes[name].inputs[0]
    return name


def _layer(node: Node, precision: str, gain: float) -> keras.layers.Layer:
    if node.type == "batch_norm":
        # The running moments follow within a hundred steps: runs on a CPU have few.
        return BatchNorm(momentum=0.95, epsilon=node.attributes["epsilon"], name=node.name, dtype=precision)
    return NodeLayer(node, precision, gain)


class BatchNorm(keras.layers.BatchNormalization):
    """Keras's batch norm, compiled for training: fewer passes over memory save a third of cr_ced's step."""

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        super().build(input_shape)
        self._compiled = tf.function(lambda x: super(BatchNorm, self).call(x, training=True), jit_compile=True)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Normalise by the batch's moments in training, by the running ones else."""
        return self._compiled(inputs) if training else super().call(inputs, training=False)


class NodeLayer(keras.layers.Layer):
    """Weights of a node, its kernel's initial ones times `gain`, and its function from ``_CALLS``."""

    def __init__(self, node: Node, precision: str, gain: float) -> None:
        super().__init__(name=node.name, dtype=precision)
        self.node = node
        self.values: dict[str, Any] = {}
        for name, shape in node.weights.items():
            self.values[name] = self.add_weight(shape=shape, initializer=_initializer(name, shape, gain), name=name)
        self.built = True

    def call(self, *inputs: Tensor) -> Tensor:
        """Apply the node."""
        weights = {name: tf.cast(value, self.compute_dtype) for name, value in self.values.items()}
        return _CALLS[self.node.type](inputs, weights, self.node)

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
        return keras.ops.stack([one(shape[1:], dtype=dtype) for one in made])

    return draw


# -- what each node does; x is (batch, time, frequency, channel)


def _activate(x: Tensor, w: Weights, a: Mapping[str, Any]) -> Tensor:
    kind = a["activation"]
    if kind == "linear":
        return x
    if kind == "leaky_relu":
        return tf.nn.leaky_relu(x, a["alpha"])
    if kind == "prelu":
        return tf.nn.relu(x) - w["alpha"] * tf.nn.relu(-x)
    functions: dict[str, Callable[[Tensor], Tensor]] = {
        "relu": tf.nn.relu, "elu": tf.nn.elu, "sigmoid": tf.nn.sigmoid, "tanh": tf.nn.tanh,
    }  # fmt: skip
    return functions[kind](x)


def _biased(y: Tensor, w: Weights, a: Mapping[str, Any]) -> Tensor:
    return _activate(y + w["bias"] if "bias" in w else y, w, a)


def _conv(x: tuple[Tensor, ...], w: Weights, node: Node) -> Tensor:
    a = node.attributes
    (frames, width), stride, dilation, groups = a["kernel"], a["stride"], a["dilation"], a["groups"]
    positions = x[0].shape[2]
    around = max((node.shape[0] - 1) * stride + width - positions, 0)
    if frames == groups == 1 and width >= positions:
        return _biased(_conv_across(x[0], w["kernel"], node, around // 2), w, a)
    padded = tf.pad(x[0], [[0, 0], [(frames - 1) * dilation, 0], [around // 2, around - around // 2], [0, 0]])
    if groups == 1:
        y = tf.nn.conv2d(padded, w["kernel"], [1, stride], "VALID", dilations=[dilation, 1])
    elif groups == x[0].shape[3]:
        # TensorFlow's depthwise kernel has one stride for both axes: stride by picking.
        kernel = tf.reshape(w["kernel"], (frames, width, groups, -1))
        y = tf.nn.depthwise_conv2d(padded, kernel, [1, 1, 1, 1], "VALID", dilations=[dilation, 1])[:, :, ::stride]
    else:
        # TensorFlow trains no grouped convolution on a CPU: one convolution a group.
        pairs = zip(tf.split(padded, groups, 3), tf.split(w["kernel"], groups, 3), strict=True)
        y = tf.concat([tf.nn.conv2d(p, k, [1, stride], "VALID", dilations=[dilation, 1]) for p, k in pairs], 3)
    return _biased(y, w, a)


def _conv_across(x: Tensor, kernel: Tensor, node: Node, before: int) -> Tensor:
    """Apply a kernel as wide as the frame: a product, for the convolution's gradient is 80 times slower."""
    (positions, channels), (out, filters) = x.shape[2:], node.shape
    source = np.arange(positions)[:, None] - np.arange(out)[None] * node.attributes["stride"] + before
    inside = (source >= 0) & (source < kernel.shape[1])
    matrix = tf.gather(kernel[0], np.where(inside, source, 0).ravel()) * tf.constant(
        inside.reshape(-1, 1, 1), kernel.dtype
    )
    matrix = tf.transpose(tf.reshape(matrix, (positions, out, channels, filters)), (0, 2, 1, 3))
    shape = tf.shape(x)
    y = tf.matmul(tf.reshape(x, (-1, positions * channels)), tf.reshape(matrix, (positions * channels, out * filters)))
    return tf.reshape(y, tf.stack([shape[0], shape[1], out, filters]))


def _conv_transpose(x: tuple[Tensor, ...], w: Weights, node: Node) -> Tensor:
    shape = tf.shape(x[0])
    out = tf.stack([shape[0], shape[1], node.shape[0], node.shape[1]])
    y = tf.nn.conv2d_transpose(x[0], w["kernel"], out, [1, node.attributes["stride"]], "SAME")
    return _biased(y, w, node.attributes)


def _dense(x: tuple[Tensor, ...], w: Weights, node: Node) -> Tensor:
    if node.attributes.get("per_position"):
        y = tf.transpose(_products(x[0], w["kernel"]), (1, 2, 0, 3))
    else:
        y = _product(x[0], w["kernel"])
    return _biased(y, w, node.attributes)


def _product(x: Tensor, kernel: Tensor) -> Tensor:
    """Matrix product along the channels, as one: TensorFlow's own on four axes broadcasts, twenty times slower."""
    shape = tf.shape(x)
    y = tf.matmul(tf.reshape(x, (-1, x.shape[-1])), kernel)
    return tf.reshape(y, tf.concat([shape[:-1], [kernel.shape[1]]], 0))


def _products(x: Tensor, kernels: Tensor) -> Tensor:
    """Matrix products along the channels, each position with a kernel of its own; (position, batch, time, channel)."""
    shape = tf.shape(x)
    positions, channels, units = kernels.shape
    y = tf.matmul(tf.reshape(tf.transpose(x, (2, 0, 1, 3)), (positions, -1, channels)), kernels)
    return tf.reshape(y, (positions, shape[0], shape[1], units))


def _gru(x: tuple[Tensor, ...], w: Weights, node: Node) -> Tensor:
    reverse = node.attributes["reverse"]
    if node.attributes.get("per_position"):
        bias = w["bias"]
        shares = _products(x[0], w["kernel"]) + bias[:, None, None, 0]
        states = _scan(shares[:, :, :, None], w["recurrent_kernel"], bias[:, 1])
        y = tf.transpose(states[:, :, :, 0], (1, 2, 0, 3))
    else:
        # The scan runs along the second axis; the input's share of all steps is one product before it.
        turn = (0, 1, 2, 3) if node.attributes["axis"] == "time" else (0, 2, 1, 3)
        shares = tf.transpose(_product(x[0], w["kernel"]) + w["bias"][0], turn)
        shares = tf.reverse(shares, [1]) if reverse else shares
        states = _scan(shares[None], w["recurrent_kernel"][None], w["bias"][None, 1])[0]
        y = tf.transpose(tf.reverse(states, [1]) if reverse else states, turn)
    return tf.ensure_shape(tf.cast(y, x[0].dtype), (*x[0].shape[:2], *node.shape))


def _scan(*arguments: Tensor) -> Tensor:
    return scan(*(tf.cast(argument, tf.float32) for argument in arguments))


def _layer_norm(x: tuple[Tensor, ...], w: Weights, node: Node) -> Tensor:
    axes = [3] if node.attributes["axes"] == "channel" else [2, 3]
    mean, variance = tf.nn.moments(x[0], axes, keepdims=True)
    return tf.nn.batch_normalization(x[0], mean, variance, w["beta"], w["gamma"], node.attributes["epsilon"])


def _attention(x: tuple[Tensor, ...], w: Weights, node: Node) -> Tensor:
    (positions, channels), heads = node.shape, node.attributes["heads"]
    shape = tf.shape(x[0])
    split = tf.stack([shape[0], shape[1], positions, heads, channels // heads])
    query, key, value = (tf.reshape(part, split) for part in x)
    scores = tf.einsum("btfhc,btghc->bthfg", query, key) / (channels / heads) ** 0.5
    return tf.reshape(tf.einsum("bthfg,btghc->btfhc", tf.nn.softmax(scores), value), shape)


def _reshape(x: tuple[Tensor, ...], w: Weights, node: Node) -> Tensor:
    shape = tf.shape(x[0])
    y = tf.reshape(x[0], tf.stack([shape[0], shape[1], *node.shape]))
    y.set_shape((*x[0].shape[:2], *node.shape))
    return y


def _slice(x: tuple[Tensor, ...], w: Weights, node: Node) -> Tensor:
    start, size = node.attributes["start"], node.attributes["size"]
    axis = 2 if node.attributes["axis"] == "frequency" else 3
    # The gradient of a split joins, ten times as fast as that of a slice.
    return tf.split(x[0], [start, size, x[0].shape[axis] - start - size], axis)[1]


def _multiply(x: tuple[Tensor, ...], w: Weights, node: Node) -> Tensor:
    y = x[0]
    for factor in x[1:]:
        y = y * factor
    return y


_CALLS: dict[str, Callable[[tuple[Tensor, ...], Weights, Node], Tensor]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "dense": _dense,
    "gru": _gru,
    "add": lambda x, w, node: tf.add_n(list(x)),
    "multiply": _multiply,
    "concat": lambda x, w, node: tf.concat(x, 2 if node.attributes["axis"] == "frequency" else 3),
    "slice": _slice,
    "pad": lambda x, w, node: tf.pad(
        x[0], [[0, 0], [0, 0], [node.attributes["before"], node.attributes["after"]], [0, 0]]
    ),
    "upsample": lambda x, w, node: tf.repeat(x[0], node.attributes["factor"], 2),
    "reshape": _reshape,
    "transpose": lambda x, w, node: tf.transpose(x[0], (0, 1, 3, 2)),
    "affine": lambda x, w, node: x[0] * w["scale"] + w["shift"],
    "layer_norm": _layer_norm,
    "activation": lambda x, w, node: _activate(x[0], w, node.attributes),
    "attention": _attention,
}
