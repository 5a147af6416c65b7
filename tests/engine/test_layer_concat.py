import numpy as np
import pytest
from layer_runs import refused, run


@pytest.mark.parametrize("axis, place", [("frequency", 1), ("channel", 2)])
def test_concat(axis, place):
    shapes = [(6, 4), (2, 4), (1, 4)] if axis == "frequency" else [(6, 4), (6, 1), (6, 3)]
    y, xs, _ = run(lambda graph, *xs: graph.concat(*xs, axis=axis), *shapes)
    assert np.array_equal(y, np.concatenate(xs, place))


def test_refused():
    def build(graph, x, y):
        return graph.concat(x, y, axis="frequency")

    assert "two or more inputs" in refused(build, (6, 4), (2, 4), inputs=["x0"])
    assert "differ along the other axis" in refused(build, (6, 4), (2, 4), axis="channel")
