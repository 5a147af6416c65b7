import keras
import pytest
from layer_runs import close, run


@pytest.mark.parametrize("axes", ["channel", "all"])
def test_layer_norm(kernels, axes):
    y, (x,), weights = run(lambda graph, x: graph.layer_norm(x, axes=axes, epsilon=1e-3), (13, 19), kernels=kernels)
    layer = keras.layers.LayerNormalization(axis=-1 if axes == "channel" else [-2, -1], epsilon=1e-3)
    layer.build(x.shape)
    layer.set_weights([weights["gamma"], weights["beta"]])
    close(y, layer(x))
