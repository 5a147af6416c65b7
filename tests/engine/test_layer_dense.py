import keras
import numpy as np
import pytest
from engine_models import BARE
from layer_runs import close, refused, run, signals

from speechenh_plugin import modelfile
from speechenh_plugin.engine import Network
from training.network.graph import Graph


@pytest.mark.parametrize("units", [1, 16, 33])
@pytest.mark.parametrize("shape", [(1, 50), (7, 3), (129, 2)])
def test_dense(kernels, shape, units):
    y, (x,), weights = run(lambda graph, x: graph.dense(x, units), shape, kernels=kernels)
    layer = keras.layers.Dense(units)
    layer.build(x.shape)
    layer.set_weights([weights["kernel"], weights["bias"]])
    close(y, layer(x))


@pytest.mark.parametrize("activation", ["linear", "prelu", "silu"])
@pytest.mark.parametrize("units", [1, 16, 33])
@pytest.mark.parametrize("shape", [(1, 50), (7, 3), (17, 48)])
def test_weights_for_each_position(kernels, shape, units, activation):
    graph = Graph("positions", BARE)
    attributes = {"units": units, "activation": activation, "use_bias": True, "per_position": True}
    x = graph.input("x", *shape)
    declared = graph.to_json() | {"outputs": {"y": "y"}}
    declared["nodes"].append({"name": "y", "type": "dense", "inputs": [x], **attributes})
    random = np.random.default_rng(0)
    weights = {
        "y/kernel": random.standard_normal((*shape, units)) / np.sqrt(shape[1]),
        "y/bias": random.standard_normal((shape[0], units)),
    }
    alpha = random.standard_normal(units)
    if activation == "prelu":
        weights["y/alpha"] = alpha
    (x,) = signals(shape)
    expected = np.einsum("tfc,fcu->tfu", x, weights["y/kernel"]) + weights["y/bias"]
    if activation == "prelu":
        expected = np.where(expected > 0, expected, alpha * expected)
    if activation == "silu":
        expected /= 1 + np.exp(-expected)
    network = Network(modelfile.pack_graph(declared, weights), kernels=kernels)
    for batch in (0, 1, 4):
        close(network.run({"x": x}, batch=batch)["y"], expected)


def test_refused():
    def build(graph, x):
        return graph.dense(x, 5)

    assert "weight kernel must have shape (7, 3, 5), not (3, 5)" in refused(build, (7, 3), per_position=True)
    assert "per_position must be true or false" in refused(build, (7, 3), per_position=1)
    assert "units is 0" in refused(build, (7, 3), units=0)
