"""The flagship: one network for every rate, on 129 bands over 0-24 kHz, with memory over time and a filtered low band.

An encoder that widens as strides along frequency narrow the frame, two gated recurrent units that see the whole frame,
and the mirrored decoder with skips give a gain for each band; a small branch gives a complex filter for the lowest
1.5 kHz, where harmonics lie apart (after DeepFilterNet, Schröter et al. 2022).
"""

from __future__ import annotations

from training.networks import front_end
from training.networks.graph import Graph

FILTERS = (24, 32, 48)
UNITS = 144
LOW_BINS = 48
LOW_FILTERS = (16, 24)
TAPS = 3


def fullband() -> Graph:
    """Declare it; under 150 million multiply-adds a second."""
    graph = Graph("fullband", front_end.fullband(low_bins=LOW_BINS, taps=TAPS))
    x = graph.input("bands", front_end.BANDS, 1)
    skips = []
    for level, (filters, kernel) in enumerate(zip(FILTERS, ((3, 7), (1, 5), (1, 3)), strict=True), 1):
        x = graph.conv(x, filters, kernel, stride=2, activation="relu", name=f"encoder{level}")
        skips.append(x)
    positions, filters = graph.nodes[x].shape

    x = graph.dense(graph.reshape(x, 1, positions * filters), UNITS, activation="relu", name="squeeze")
    first = graph.gru(x, UNITS, name="memory1")
    memory = graph.add_up(first, graph.gru(first, UNITS, name="memory2"), name="memory")
    x = graph.dense(memory, positions * filters, activation="relu", name="widen")
    x = graph.reshape(x, positions, filters)

    for level in range(len(FILTERS) - 1, 0, -1):
        x = graph.add_up(x, skips[level], name=f"skip{level + 1}")
        x = _upwards(graph, x, FILTERS[level - 1], 3, graph.nodes[skips[level - 1]].shape[0], f"decoder{level + 1}")
    x = graph.add_up(x, skips[0], name="skip1")
    x = _upwards(graph, x, 1, 5, front_end.BANDS, "decoder1", activation="linear")
    graph.output("gains", graph.activation(x, "sigmoid", name="gains"))
    graph.output("filter", _low_filter(graph, memory))
    return graph


def _upwards(
    graph: Graph, x: str, filters: int, width: int, positions: int, name: str, activation: str = "relu"
) -> str:
    """Twice as many positions: a convolution gives two neighbours as channels (sub-pixel, Shi et al. 2016)."""
    x = graph.conv(x, 2 * filters, (1, width), activation=activation, name=name)
    x = graph.reshape(x, 2 * graph.nodes[x].shape[0], filters, name=f"{name}_apart")
    return graph.slice(x, 0, positions, name=f"{name}_cut")


def _low_filter(graph: Graph, memory: str) -> str:
    x = graph.input("low", LOW_BINS, 2)
    x = graph.conv(x, LOW_FILTERS[0], (3, 5), stride=2, activation="relu", name="low1")
    seen = graph.dense(memory, LOW_BINS // 2 * LOW_FILTERS[0], activation="relu", name="low_memory")
    seen = graph.reshape(seen, LOW_BINS // 2, LOW_FILTERS[0], name="low_memory_apart")
    x = graph.concat(x, seen, name="low_both")
    x = graph.conv(x, LOW_FILTERS[1], (1, 3), activation="relu", name="low2")
    x = graph.conv(x, 2 * 2 * TAPS, (1, 3), name="low3")
    return graph.reshape(x, LOW_BINS, 2 * TAPS, name="filter")
