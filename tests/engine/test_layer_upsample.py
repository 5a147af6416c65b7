import numpy as np
from layer_runs import refused, run


def test_upsample():
    y, (x,), _ = run(lambda graph, x: graph.upsample(x, 3), (6, 4))
    assert np.array_equal(y, np.repeat(x, 3, axis=1))


def test_refused():
    assert "factor is 0" in refused(lambda graph, x: graph.upsample(x, 3), (6, 4), factor=0)
    assert "factor is 65" in refused(lambda graph, x: graph.upsample(x, 3), (6, 4), factor=65)
