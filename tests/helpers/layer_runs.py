"""One layer, or a small graph without a front end, run in the engine."""

import numpy as np
import pytest
from engine_models import BARE, packed, random_weights

from speechenh_plugin import modelfile
from speechenh_plugin.engine import Network
from training.network.graph import Graph

FRAMES = 9


TOLERANCE = 1e-4


def available_kernels() -> list[str]:
    data = packed(bare(lambda graph, x: graph.activation(x, "relu"), (1, 1)))
    names = []
    for name in ("baseline", "avx2", "avx512"):
        try:
            names.append(Network(data, kernels=name).kernels)
        except ValueError as error:
            assert "no such kernels" in str(error)
    return names


def bare(build, *shapes: tuple[int, int]) -> Graph:
    """A graph without a front end: `build` adds nodes to inputs x0, x1 ... and returns the output."""
    graph = Graph("bare", BARE)
    graph.output("y", build(graph, *[graph.input(f"x{i}", *shape) for i, shape in enumerate(shapes)]))
    return graph


def signals(*shapes: tuple[int, int]) -> list[np.ndarray]:
    random = np.random.default_rng(7)
    return [random.standard_normal((FRAMES, *shape)).astype(np.float32) for shape in shapes]


def run(build, *shapes: tuple[int, int], kernels: str | None = None, **changes):
    """Engine's output, inputs and weights for one layer, whose node in graph.json is changed so.

    The last node's weights have no prefix.
    """
    graph = bare(build, *shapes)
    weights, xs = random_weights(graph), signals(*shapes)
    declared = graph.to_json()
    declared["nodes"][-1] |= changes
    y = Network(modelfile.pack_graph(declared, weights), kernels=kernels).run({f"x{i}": x for i, x in enumerate(xs)})[
        "y"
    ]
    last = list(graph.nodes)[-1]
    own = {name.partition("/")[2]: value for name, value in weights.items() if name.startswith(f"{last}/")}
    return y, xs, own


def close(y: np.ndarray, expected) -> None:
    np.testing.assert_allclose(y, np.asarray(expected).reshape(y.shape), atol=TOLERANCE, rtol=0)


def refused(build, *shapes: tuple[int, int], **changes) -> str:
    """The engine's reason against one layer, whose node in graph.json is changed so."""
    graph = bare(build, *shapes)
    weights, declared = random_weights(graph), graph.to_json()
    declared["nodes"][-1] |= changes
    with pytest.raises(ValueError, match="refused: ") as caught:
        Network(modelfile.pack_graph(declared, weights))
    return str(caught.value)
