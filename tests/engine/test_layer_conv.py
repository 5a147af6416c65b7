import keras
import numpy as np
import pytest
from layer_runs import FRAMES, close, run


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("positions, width", [(17, 1), (17, 2), (17, 9), (1, 5)])
@pytest.mark.parametrize("frames, dilation, stride", [(1, 1, 1), (1, 1, 2), (3, 1, 3), (4, 2, 1), (2, 3, 1)])
def test_conv(kernels, positions, frames, dilation, stride, width, groups):
    y, (x,), weights = run(
        lambda graph, x: graph.conv(x, 6, (frames, width), stride=stride, dilation=dilation, groups=groups),
        (positions, 6),
        kernels=kernels,
    )
    past = (frames - 1) * dilation
    layer = (
        keras.layers.Conv2D(
            6, (frames, width), strides=(1, stride), dilation_rate=(dilation, 1), groups=groups, padding="same"
        )
        if stride == 1 or frames == 1
        else StridedConv(frames, width, stride, groups)
    )
    x = np.pad(x, ((past, 0), (0, 0), (0, 0)))[None]
    layer.build(x.shape)
    layer.set_weights([weights["kernel"], weights["bias"]])
    # Keras pads half of the past on either side; causal means all of it before.
    close(y, np.asarray(layer(x))[0, past // 2 :][:FRAMES])


class StridedConv:
    """Keras' strides are the same on both axes for "same" padding over time: pick every stride-th position instead."""

    def __init__(self, frames, width, stride, groups):
        self.layer = keras.layers.Conv2D(6, (frames, width), groups=groups, padding="same")
        self.stride, self.width = stride, width

    def build(self, shape):
        self.layer.build(shape)

    def set_weights(self, weights):
        self.layer.set_weights(weights)

    def __call__(self, x):
        positions = x.shape[2]
        total = max((-(-positions // self.stride) - 1) * self.stride + self.width - positions, 0)
        first = (self.width - 1) // 2 - total // 2
        wide = np.pad(x, ((0, 0), (0, 0), (self.width, self.width), (0, 0)))
        return np.asarray(self.layer(wide))[:, :, self.width + first :][:, :, : positions : self.stride]


@pytest.mark.parametrize("filters", [1, 8, 18, 30, 48, 130])
def test_conv_of_any_number_of_filters(kernels, filters):
    y, (x,), weights = run(lambda graph, x: graph.conv(x, filters, (1, 7)), (129, 5), kernels=kernels)
    layer = keras.layers.Conv2D(filters, (1, 7), padding="same")
    layer.build((None, None, 129, 5))
    layer.set_weights([weights["kernel"], weights["bias"]])
    close(y, layer(x[None]))


def test_conv_as_wide_as_the_frame(kernels):
    y, (x,), weights = run(lambda graph, x: graph.conv(x, 1, (1, 129)), (129, 8), kernels=kernels)
    layer = keras.layers.Conv2D(1, (1, 129), padding="same")
    layer.build((None, None, 129, 8))
    layer.set_weights([weights["kernel"], weights["bias"]])
    close(y, layer(x[None]))
