import keras
import pytest
from layer_runs import FRAMES, close, refused, run


@pytest.mark.parametrize("heads", [1, 4])
def test_attention(kernels, heads):
    y, (q, k, v), _ = run(lambda graph, q, k, v: graph.attention(q, k, v, heads=heads), *[(21, 8)] * 3, kernels=kernels)
    split = [part.reshape(FRAMES, 21, heads, 8 // heads) for part in (q, k, v)]
    attention = keras.ops.dot_product_attention(*split)
    close(y, attention)


def test_refused():
    def build(graph, q, k, v):
        return graph.attention(q, q, q)

    shapes = (21, 8), (20, 8), (21, 6)
    assert "takes query, key and value" in refused(build, *shapes, inputs=["x0", "x0"])
    assert "the inputs differ in shape" in refused(build, *shapes, inputs=["x0", "x1", "x1"])
    assert "the inputs differ in shape" in refused(build, *shapes, inputs=["x0", "x0", "x2"])
    assert "heads must divide the channels" in refused(build, *shapes, heads=3)
