"""A network with look-ahead begins by doing what the one without did, a frame later."""

from pathlib import Path

import numpy as np

from training.fit.look_ahead import later, looks_further
from training.fit.start import match, read_front_end, read_weights
from training.network.fullband import fullband
from training.network.graph import Graph
from training.network.keras_build import build

TEACHER = Path(__file__).parents[2] / "training" / "data" / "teachers" / "fullband"


def test_outputs_come_a_frame_later() -> None:
    graph, weights = fullband(), read_weights(TEACHER)
    assert looks_further(graph, read_front_end(TEACHER))
    matched = match(later(weights, graph), graph)
    assert matched.missing == () and matched.unused == ()
    without = Graph.from_json((TEACHER / "graph.json").read_text(encoding="utf-8"))
    random = np.random.default_rng(0)
    inputs = {
        name: random.standard_normal((1, 40, *graph.nodes[name].shape)).astype(np.float32) for name in graph.inputs
    }
    # Before its first frame a stream holds zeros: with a zero frame first, both begin alike.
    first = {name: np.pad(x, ((0, 0), (1, 0), (0, 0), (0, 0))) for name, x in inputs.items()}
    now, one_later = build(without, weights)(first), build(graph, matched.weights)(inputs)
    for role in graph.outputs:
        np.testing.assert_allclose(one_later[role], np.asarray(now[role])[:, :-1], atol=1e-5)


def test_what_does_not_look_further_stays() -> None:
    ends, graph = read_front_end(TEACHER), fullband()
    assert not looks_further(graph, graph.front_end)
    assert not looks_further(graph, ends | {"low_bins": 40})
    assert not looks_further(Graph.from_json((TEACHER / "graph.json").read_text(encoding="utf-8")), ends)
    same = later(
        weights := read_weights(TEACHER), Graph.from_json((TEACHER / "graph.json").read_text(encoding="utf-8"))
    )
    for name, weight in weights.items():
        np.testing.assert_array_equal(same[name], weight)
