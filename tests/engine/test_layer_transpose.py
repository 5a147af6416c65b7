import numpy as np
from layer_runs import refused, run


def test_transpose():
    y, (x,), _ = run(lambda graph, x: graph.transpose(x), (6, 4))
    assert np.array_equal(y, x.transpose(0, 2, 1))


def test_refused():
    assert "attribute axes is unknown" in refused(lambda graph, x: graph.transpose(x), (6, 4), axes=[1, 0])
