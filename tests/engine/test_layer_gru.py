import keras
import numpy as np
import pytest
from engine_models import packed
from layer_runs import bare, close, refused, run, signals

from speechenh_plugin.engine import Network


def gru_layer(channels: int, units: int, weights: dict[str, np.ndarray], **options) -> keras.layers.GRU:
    layer = keras.layers.GRU(units, return_sequences=True, reset_after=True, **options)
    layer.build((None, None, channels))
    layer.set_weights([weights["kernel"], weights["recurrent_kernel"], weights["bias"]])
    return layer


@pytest.mark.parametrize("positions", [1, 5])
@pytest.mark.parametrize("units", [4, 16, 37])
def test_gru_over_time(kernels, units, positions):
    y, (x,), weights = run(lambda graph, x: graph.gru(x, units), (positions, 6), kernels=kernels)
    layer = gru_layer(6, units, weights)
    close(y, np.swapaxes(layer(np.swapaxes(x, 0, 1)), 0, 1))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("units", [4, 24])
def test_gru_over_frequency(kernels, units, reverse):
    y, (x,), weights = run(
        lambda graph, x: graph.gru(x, units, axis="frequency", reverse=reverse), (11, 6), kernels=kernels
    )
    expected = np.asarray(gru_layer(6, units, weights, go_backwards=reverse)(x))
    close(y, expected[:, ::-1] if reverse else expected)


@pytest.mark.parametrize("positions", [1, 5, 17])
@pytest.mark.parametrize("units", [4, 37, 48])
def test_gru_with_weights_for_each_position(kernels, units, positions):
    y, (x,), weights = run(lambda graph, x: graph.gru(x, units, per_position=True), (positions, 6), kernels=kernels)
    for position in range(positions):
        own = {name: value[position] for name, value in weights.items()}
        close(y[:, position], gru_layer(6, units, own)(x[None, :, position]))


@pytest.mark.parametrize("batch", [1, 4])
def test_state_goes_from_batch_to_batch(kernels, batch):
    graph = bare(lambda graph, x: graph.gru(x, 12, per_position=True), (7, 6))
    network, (x,) = Network(packed(graph), kernels=kernels), signals((7, 6))
    assert np.array_equal(network.run({"x0": x}, batch=batch)["y"], network.run({"x0": x}, batch=len(x))["y"])


@pytest.mark.parametrize("change, reason", [
    ({"reverse": True}, "a stream cannot run backwards over time"),
    ({"axis": "channel"}, "axis is 'channel', not one of time, frequency"),
    ({"axis": "frequency", "per_position": True}, "per_position is for axis time"),
    ({"per_position": True}, "weight kernel must have shape (5, 6, 12), not (6, 12)"),
])  # fmt: skip
def test_refused(change, reason):
    assert reason in refused(lambda graph, x: graph.gru(x, 4), (5, 6), **change)
