import numpy as np
import pytest
from layer_runs import refused, run


def test_slice():
    y, (x,), _ = run(lambda graph, x: graph.slice(x, 1, 4), (6, 4))
    assert np.array_equal(y, x[:, 1:5])
    y, (x,), _ = run(lambda graph, x: graph.slice(x, 2, 2, axis="channel"), (6, 4))
    assert np.array_equal(y, x[:, :, 2:])


@pytest.mark.parametrize("change, reason", [
    ({"start": 3}, "the slice lies outside its input"),
    ({"start": 6}, "the slice lies outside its input"),
    ({"start": -1}, "start is -1"),
    ({"size": 0}, "size is 0"),
    ({"axis": "time"}, "axis is 'time', not one of channel, frequency"),
    ({"inputs": []}, "one input, not 0"),
])  # fmt: skip
def test_refused(change, reason):
    assert reason in refused(lambda graph, x: graph.slice(x, 1, 4), (6, 4), **change)
