import numpy as np
from layer_runs import refused, run


def test_add():
    y, xs, _ = run(lambda graph, *xs: graph.add_up(*xs), (6, 4), (6, 4), (6, 4))
    np.testing.assert_allclose(y, xs[0] + xs[1] + xs[2], rtol=1e-6, atol=1e-7)
    y, (x,), _ = run(lambda graph, x: graph.add_up(x, x, x), (6, 4))
    np.testing.assert_allclose(y, 3 * x, rtol=1e-6)


def test_refused():
    def build(graph, x, y):
        return graph.add_up(x, x)

    assert "two or more inputs" in refused(build, (6, 4), (6, 3), inputs=["x0"])
    assert "the inputs differ in shape" in refused(build, (6, 4), (6, 3), inputs=["x0", "x1"])
