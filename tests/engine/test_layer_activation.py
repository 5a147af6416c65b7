import keras
import numpy as np
import pytest
from engine_models import BARE, packed, random_weights
from layer_runs import bare, close, refused, run, signals

from speechenh_plugin import modelfile
from speechenh_plugin.constants import LEAKY_RELU_ALPHA
from speechenh_plugin.engine import Network
from training.network.graph import Graph

ACTIVATIONS = {
    "linear": lambda: keras.layers.Activation("linear"),
    "relu": keras.layers.ReLU,
    "leaky_relu": lambda: keras.layers.LeakyReLU(negative_slope=0.2),
    "prelu": lambda: keras.layers.PReLU(shared_axes=[1]),
    "elu": keras.layers.ELU,
    "sigmoid": lambda: keras.layers.Activation("sigmoid"),
    "tanh": lambda: keras.layers.Activation("tanh"),
    "silu": lambda: keras.layers.Activation("silu"),
}


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation(kernels, activation, fused):
    def build(graph, x):
        like = "elu" if activation == "silu" else activation
        return graph.dense(x, 21, activation=like) if fused else graph.activation(x, like)

    y, (x,), weights = run(build, (5, 21), kernels=kernels, activation=activation)
    layer = ACTIVATIONS[activation]()
    layer.build(x.shape)
    if activation == "prelu":
        layer.set_weights([weights["alpha"][None]])
    before = x @ weights["kernel"] + weights["bias"] if fused else x
    close(y, layer(before))


@pytest.mark.parametrize("activation", ["prelu", "tanh"])
@pytest.mark.parametrize("also_before", [False, True])
def test_activation_after_a_layer(kernels, activation, also_before):
    graph = Graph("after", BARE)
    before = graph.dense(graph.input("x", 5, 7), 6, name="dense")
    after = graph.activation(before, activation, name="after")
    graph.output("after", graph.add_up(after, after))
    if also_before:
        graph.output("before", before)
    weights, (x,) = random_weights(graph), signals((5, 7))
    got = Network(packed(graph, weights), kernels=kernels).run({"x": x})
    expected = x @ weights["dense/kernel"] + weights["dense/bias"]
    if also_before:
        close(got["before"], expected)
    alpha = weights.get("after/alpha")
    close(
        got["after"], 2 * (np.tanh(expected) if alpha is None else np.where(expected > 0, expected, alpha * expected))
    )


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "elu", "silu"])
def test_fast_functions_are_exact_to_a_millionth(kernels, activation):
    x = np.linspace(-120, 120, 9 * 4001, dtype=np.float32).reshape(9, 4001, 1)
    declared = bare(lambda graph, x: graph.activation(x, "elu"), (4001, 1)).to_json()
    declared["nodes"][-1]["activation"] = activation
    y = Network(modelfile.pack_graph(declared, {}), kernels=kernels).run({"x0": x})["y"]
    wide = x.astype(np.float64)
    exact = {
        "sigmoid": lambda: 1 / (1 + np.exp(-wide)),
        "tanh": lambda: np.tanh(wide),
        "elu": lambda: np.where(wide > 0, wide, np.expm1(wide)),
        "silu": lambda: wide / (1 + np.exp(-wide)),
    }[activation]()
    assert (np.abs(y - exact) / np.maximum(1, np.abs(exact))).max() < 1e-6


@pytest.mark.parametrize("given, slope", [({}, LEAKY_RELU_ALPHA), ({"alpha": 0.01}, 0.01), ({"alpha": 1}, 1)])
def test_slope_of_a_leaky_relu(given, slope):
    y, (x,), _ = run(lambda graph, x: graph.activation(x, "relu"), (5, 21), activation="leaky_relu", **given)
    np.testing.assert_allclose(y, np.where(x > 0, x, slope * x), rtol=1e-6)


@pytest.mark.parametrize("change, reason", [
    ({"activation": "leaky_relu", "alpha": 101}, "alpha is out of range"),
    ({"activation": "leaky_relu", "alpha": "0.2"}, "alpha must be a number"),
    ({"alpha": 0.2}, "attribute alpha is unknown"),
    ({"activation": "prelu"}, "weight alpha is missing"),
])  # fmt: skip
def test_refused(change, reason):
    assert reason in refused(lambda graph, x: graph.activation(x, "relu"), (5, 21), **change)
