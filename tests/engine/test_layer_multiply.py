import numpy as np
import pytest
from layer_runs import refused, run


@pytest.mark.parametrize("other", [(6, 4), (1, 4), (6, 1)])
def test_multiply(other):
    y, xs, _ = run(lambda graph, *xs: graph.multiply(*xs), (6, 4), other, (6, 4))
    np.testing.assert_allclose(y, xs[0] * xs[1] * xs[2], rtol=1e-6)
    y, xs, _ = run(lambda graph, *xs: graph.multiply(*xs), other, (6, 4))
    np.testing.assert_allclose(y, xs[0] * xs[1], rtol=1e-6)


def test_refused():
    def build(graph, x, y, z):
        return graph.multiply(x, x)

    shapes = (6, 1), (1, 4), (3, 4)
    for inputs in (["x0", "x1"], ["x0", "x2"]):  # an outer product too, as graph.py has it
        assert "do not fit together" in refused(build, *shapes, inputs=inputs)
    assert "two or more inputs" in refused(build, *shapes, inputs=["x0"])
