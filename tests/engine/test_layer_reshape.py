import numpy as np
from layer_runs import FRAMES, refused, run


def test_reshape():
    y, (x,), _ = run(lambda graph, x: graph.reshape(x, 12, 2), (6, 4))
    assert np.array_equal(y, x.reshape(FRAMES, 12, 2))


def test_refused():
    assert "must keep the number" in refused(lambda graph, x: graph.reshape(x, 12, 2), (6, 4), shape=[12, 3])
    assert "must keep the number" in refused(lambda graph, x: graph.reshape(x, 12, 2), (6, 4), shape=[65536, 65536])
    assert "shape must be 2 whole numbers" in refused(lambda graph, x: graph.reshape(x, 12, 2), (6, 4), shape=[24])
