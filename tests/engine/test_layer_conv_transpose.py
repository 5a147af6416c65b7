import keras
import pytest
from layer_runs import close, run


@pytest.mark.parametrize("width, stride", [(1, 1), (3, 1), (2, 2), (3, 2), (4, 2), (5, 2), (1, 3), (5, 3), (4, 4)])
@pytest.mark.parametrize("positions, filters", [(1, 3), (16, 5), (17, 20)])
def test_conv_transpose(kernels, positions, filters, width, stride):
    y, (x,), weights = run(
        lambda graph, x: graph.conv_transpose(x, filters, width, stride=stride), (positions, 4), kernels=kernels
    )
    layer = keras.layers.Conv2DTranspose(filters, (1, width), strides=(1, stride), padding="same")
    layer.build((None, None, positions, 4))
    layer.set_weights([weights["kernel"], weights["bias"]])
    close(y, layer(x[None]))
