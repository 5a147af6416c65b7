"""Every type of layer of both registries, in Keras and in the engine, on random graphs."""

from collections.abc import Callable

import numpy as np
import pytest
from layer_runs import TOLERANCE, bare, signals

pytest.importorskip("keras")
from engine_models import random_weights

from speechenh_plugin import engine, modelfile
from training.network.graph import Graph
from training.network.keras_build import build
from training.network.layers import LAYERS
from training.network.layers.shared.nonlinearity import ACTIVATIONS

Shapes = list[tuple[int, int]]
Drawn = tuple[Callable[..., str], Shapes]
TRAINING_ONLY = {"batch_norm"}
GRAPHS_A_LAYER = 6


class Draw:
    """Random attributes and shapes."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def number(self, least: int, most: int) -> int:
        return int(self._random.integers(least, most + 1))

    def of(self, *choices):
        return choices[self.number(0, len(choices) - 1)]

    def shape(self) -> tuple[int, int]:
        return self.number(1, 12), self.number(1, 9)


def conv(d: Draw) -> Drawn:
    groups, positions = d.of(1, 1, 2, 4), d.number(3, 14)
    channels, filters = (groups * d.number(1, 3) for _ in range(2))
    kernel, stride, dilation = (d.number(1, 3), d.number(1, 5)), d.number(1, 3), d.number(1, 2)
    activation, bias = d.of(*ACTIVATIONS), d.of(True, False)
    return lambda g, x: g.conv(
        x, filters, kernel, stride=stride, dilation=dilation, groups=groups, activation=activation, use_bias=bias
    ), [(positions, channels)]


def conv_transpose(d: Draw) -> Drawn:
    filters, width, stride, activation = d.number(1, 6), d.number(1, 5), d.number(1, 3), d.of(*ACTIVATIONS)
    return lambda g, x: g.conv_transpose(x, filters, width, stride=stride, activation=activation), [d.shape()]


def dense(d: Draw) -> Drawn:
    units, own, activation, bias = d.number(1, 9), d.of(True, False), d.of(*ACTIVATIONS), d.of(True, False)
    return lambda g, x: g.dense(x, units, per_position=own, activation=activation, use_bias=bias), [d.shape()]


def gru(d: Draw) -> Drawn:
    units = d.number(1, 9)
    how = d.of({}, {"per_position": True}, {"axis": "frequency"}, {"axis": "frequency", "reverse": True})
    return lambda g, x: g.gru(x, units, **how), [d.shape()]


def attention(d: Draw) -> Drawn:
    heads = d.number(1, 3)
    shape = (d.number(1, 9), heads * d.number(1, 4))
    return lambda g, q, k, v: g.attention(q, k, v, heads=heads), [shape] * 3


def slice_(d: Draw) -> Drawn:
    shape, axis = d.shape(), d.of("frequency", "channel")
    length = shape[axis == "channel"]
    start = d.number(0, length - 1)
    size = d.number(1, length - start)
    return lambda g, x: g.slice(x, start, size, axis=axis), [shape]


def pad(d: Draw) -> Drawn:
    before, after = d.number(0, 3), d.number(0, 3)
    return lambda g, x: g.pad(x, before, after), [d.shape()]


def upsample(d: Draw) -> Drawn:
    factor = d.number(1, 4)
    return lambda g, x: g.upsample(x, factor), [d.shape()]


def reshape(d: Draw) -> Drawn:
    (positions, channels), factor = d.shape(), d.number(1, 4)
    return lambda g, x: g.reshape(x, positions * factor, channels), [(positions, channels * factor)]


def add(d: Draw) -> Drawn:
    return lambda g, *xs: g.add_up(*xs), [d.shape()] * d.number(2, 4)


def multiply(d: Draw) -> Drawn:
    positions, channels = d.shape()
    return lambda g, *xs: g.multiply(*xs), [(positions, channels), d.of((1, channels), (positions, 1))]


def concat(d: Draw) -> Drawn:
    positions, channels = d.shape()
    if d.of(True, False):
        return lambda g, *xs: g.concat(*xs, axis="frequency"), [(d.number(1, 5), channels) for _ in range(3)]
    return lambda g, *xs: g.concat(*xs), [(positions, d.number(1, 5)) for _ in range(3)]


def layer_norm(d: Draw) -> Drawn:
    axes, epsilon = d.of("channel", "all"), d.of(1e-5, 1e-3)
    return lambda g, x: g.layer_norm(x, axes=axes, epsilon=epsilon), [(d.number(1, 9), d.number(2, 9))]


def activation(d: Draw) -> Drawn:
    kind = d.of(*ACTIVATIONS)
    return lambda g, x: g.activation(x, kind), [d.shape()]


DRAWN: dict[str, Callable[[Draw], Drawn]] = {
    "input": lambda d: (lambda g, x: x, [d.shape()]),
    "conv": conv,
    "conv_transpose": conv_transpose,
    "dense": dense,
    "gru": gru,
    "attention": attention,
    "upsample": upsample,
    "slice": slice_,
    "pad": pad,
    "reshape": reshape,
    "transpose": lambda d: (lambda g, x: g.transpose(x), [d.shape()]),
    "add": add,
    "multiply": multiply,
    "concat": concat,
    "affine": lambda d: (lambda g, x: g.affine(x), [d.shape()]),
    "layer_norm": layer_norm,
    "activation": activation,
}


def test_both_registries_name_the_same_layers() -> None:
    assert {*LAYERS} - TRAINING_ONLY == {*engine.layers()}


def test_every_layer_is_drawn_here() -> None:
    assert {*LAYERS} - TRAINING_ONLY == DRAWN.keys(), "a layer needs a random graph in this file"


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in TRAINING_ONLY])
def test_the_engine_computes_what_keras_does(name: str) -> None:
    for seed in range(GRAPHS_A_LAYER):
        declare, shapes = DRAWN[name](Draw(seed))
        graph: Graph = bare(declare, *shapes)
        assert name in {node.type for node in graph.nodes.values()}
        weights, xs = random_weights(graph, seed), {f"x{i}": x for i, x in enumerate(signals(*shapes))}
        wanted = build(graph, weights)({key: x[None] for key, x in xs.items()})["y"]
        got = engine.Network(modelfile.pack_graph(graph.to_json(), weights)).run(xs)["y"]
        message = f"graph {seed}: {graph.to_json()['nodes']}"
        np.testing.assert_allclose(got, wanted[0], rtol=0, atol=TOLERANCE, err_msg=message)
