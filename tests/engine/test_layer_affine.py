import numpy as np
from layer_runs import refused, run


def test_affine():
    y, (x,), weights = run(lambda graph, x: graph.add("affine", x), (6, 4))
    np.testing.assert_allclose(y, x * weights["scale"] + weights["shift"], rtol=1e-5, atol=1e-6)


def test_refused():
    assert "one input, not 2" in refused(lambda graph, x: graph.add("affine", x), (6, 4), inputs=["x0", "x0"])
