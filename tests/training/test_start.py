"""A run begins with the weights of another network where layers match."""

from pathlib import Path

import numpy as np
import pytest

from training.fit.start import match, read_weights
from training.network.fullband import fullband
from training.network.graph import Graph
from training.network.keras_build import build, weights_of

NARROW = {"kind": "narrowband", "max_gain": 1.0, "lookahead": 0}


def network(*, grown: bool) -> Graph:
    """A convolution with a straight path; grown, a memory and a product beside them."""
    graph = Graph("grown" if grown else "small", NARROW)
    x = graph.input("input", 129, 1)
    x = graph.add_up(x, graph.conv(x, 1, (3, 5), name="conv"), name="sum")
    if grown:
        memory = graph.gru(x, 4, name="memory")
        x = graph.add_up(x, graph.dense(memory, 1, name="remembered"), name="sum2")
    graph.output("magnitude", graph.conv(x, 1, (1, 3), name="end"))
    return graph


def test_a_grown_network_begins_by_doing_what_the_other_does() -> None:
    small, grown = network(grown=False), network(grown=True)
    weights = weights_of(build(small, None))
    matched = match(weights, grown)
    assert set(matched.zero) == {"remembered/kernel", "remembered/bias"}
    assert set(matched.missing) == {*matched.zero, "memory/kernel", "memory/recurrent_kernel", "memory/bias"}
    assert matched.unused == ()
    began = matched.begin(weights_of(build(grown, None)))
    assert np.any(began["memory/kernel"])
    noise = {"input": np.random.default_rng(0).standard_normal((2, 20, 129, 1)).astype(np.float32)}
    ours, theirs = build(grown, began)(noise)["magnitude"], build(small, weights)(noise)["magnitude"]
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_the_flagship_goes_on_from_the_bundled_one() -> None:
    folder = Path(__file__).parents[2] / "models" / "fullband"
    bundled = Graph.from_json((folder / "graph.json").read_text(encoding="utf-8"))
    assert bundled.to_json()["nodes"] == fullband().to_json()["nodes"]
    matched = match(read_weights(folder), fullband())
    assert matched.missing == () and matched.unused == ()


def test_it_says_when_nothing_fits() -> None:
    with pytest.raises(ValueError, match="not one weight fits the network small"):
        match({"other/kernel": np.zeros((1, 1))}, network(grown=False))
