import numpy as np
from layer_runs import refused, run


def test_pad():
    y, (x,), _ = run(lambda graph, x: graph.pad(x, 2, 1), (6, 4))
    assert np.array_equal(y, np.pad(x, ((0, 0), (2, 1), (0, 0))))


def test_refused():
    assert "before is -1" in refused(lambda graph, x: graph.pad(x, 2, 1), (6, 4), before=-1)
    assert "its output is too large" in refused(lambda graph, x: graph.pad(x, 2, 1), (6, 4), after=65536)
    assert "one input, not 2" in refused(lambda graph, x: graph.pad(x, 2, 1), (6, 4), inputs=["x0", "x0"])
