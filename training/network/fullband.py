"""The flagship: one network for every rate, on 129 bands over 0-24 kHz, with a memory for each part of the spectrum.

An encoder that widens as strides along frequency narrow the frame from 129 to 17 positions, two blocks that look back
in time (a gated recurrent unit, the same for every position, which learns what is steady there) and across frequency
(attention, which finds the harmonics of a voice), and the mirrored decoder with skips give a gain for each band
(after DPCRN, Le et al. 2021, and FastEnhancer, Ahn et al. 2025). A small branch sees the lowest 1.25 kHz as complex
numbers, and gives a filter across frames for them, where harmonics lie apart (DeepFilterNet, Schröter et al. 2022).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

from training.network import front_end
from training.network.graph import Graph

FILTERS = (24, 48)
BLOCKS = 2
HEADS = 2
LOW_BINS = 40
LOW_FILTERS = 16
TAPS = 3


def fullband(
    lookahead: int = 0, regions: int = 1, filters: tuple[int, int] = FILTERS, low_filters: int = LOW_FILTERS
) -> Graph:
    """Declare it; under 150 million multiply-adds a second with these numbers of filters.

    Parameters
    ----------
    lookahead : int
        Frames after a frame that its gains may depend on: each adds 8 ms of latency.
    regions : int
        Parts of the spectrum with weights of their own in the blocks: more to learn with, as many multiply-adds.
    filters : (int, int)
        Channels at 65 and at 17 positions.
    low_filters : int
        Channels of the branch of the lowest 1.25 kHz.
    """
    graph = Graph("fullband", front_end.fullband(low_bins=LOW_BINS, taps=TAPS, lookahead=lookahead))
    bands, low = graph.input("bands", front_end.BANDS, 1), graph.input("low", LOW_BINS, 2)
    fine = graph.conv(bands, filters[0], (3, 5), stride=2, activation="relu", name="encoder1")
    coarse = graph.conv(fine, filters[1], (1, 5), stride=4, activation="relu", name="encoder2")
    low_fine = graph.conv(low, low_filters, (3, 5), stride=2, activation="relu", name="low_encoder1")
    low_coarse = graph.conv(low_fine, filters[1], (1, 4), stride=4, name="low_encoder2")

    positions, low_positions = (graph.nodes[x].shape[0] for x in (coarse, low_coarse))
    x = graph.add_up(coarse, graph.pad(low_coarse, 0, positions - low_positions, name="low_pad"), name="encoded")
    # Across all positions, so that each part of the spectrum knows where it is: what follows is the same for all.
    across = graph.dense(graph.transpose(x, name="encoder3_turn"), positions, name="encoder3")
    x = graph.add_up(x, graph.transpose(across, name="encoder3_back"), name="placed")
    for block in range(1, BLOCKS + 1):
        x = _block(graph, x, f"block{block}", regions)

    up, ups = graph.add_up(x, coarse, name="skip2"), graph.nodes[fine].shape[0]
    up = _upwards(graph, up, 4, filters[0], ups, "decoder2", activation="relu")
    up = _upwards(graph, graph.add_up(up, fine, name="skip1"), 2, 1, front_end.BANDS, "decoder1")
    graph.output("gains", graph.activation(up, "sigmoid", name="gains"))

    up = graph.slice(x, 0, low_positions, name="low_part")
    up = _upwards(graph, up, 4, low_filters, graph.nodes[low_fine].shape[0], "low_decoder2", width=1)
    up = graph.activation(graph.add_up(up, low_fine, name="low_skip"), "relu", name="low_decoder2_relu")
    graph.output("filter", _upwards(graph, up, 2, 2 * TAPS, LOW_BINS, "low_decoder1"))
    return graph


def _block(graph: Graph, x: str, name: str, regions: int) -> str:
    """Memory over time, then attention across frequency, each beside a straight path."""
    channels = graph.nodes[x].shape[1]
    (memory,) = _regional(graph, x, regions, name, memory=partial(graph.gru, units=channels))
    x = graph.add_up(x, memory, name=f"{name}_remembered")
    dense = partial(graph.dense, units=channels)
    query, key, value = _regional(graph, x, regions, name, query=dense, key=dense, value=dense)
    return graph.add_up(x, graph.attention(query, key, value, heads=HEADS, name=f"{name}_attention"), name=name)


def _regional(graph: Graph, x: str, regions: int, name: str, **layers: Callable[..., str]) -> list[str]:
    """Put layers on `x`, each region of the spectrum with weights of its own: NAME_LAYER1 those of the lowest."""
    if regions in (1, graph.nodes[x].shape[0]):
        return [layer(x, per_position=regions > 1, name=f"{name}_{role}") for role, layer in layers.items()]
    first, positions = next(iter(layers)), graph.nodes[x].shape[0]
    edges = [round(positions * i / regions) for i in range(regions + 1)]
    parts = [
        graph.slice(x, start, end - start, name=f"{name}_{first}_region{i}")
        for i, (start, end) in enumerate(pairwise(edges), 1)
    ]
    return [
        graph.concat(
            *(layer(part, name=f"{name}_{role}{i}") for i, part in enumerate(parts, 1)),
            axis="frequency",
            name=f"{name}_{role}",
        )
        for role, layer in layers.items()
    ]


def _upwards(
    graph: Graph,
    x: str,
    factor: int,
    filters: int,
    positions: int,
    name: str,
    width: int = 3,
    activation: str = "linear",
) -> str:
    """More positions: a convolution gives neighbours as channels (sub-pixel, Shi et al. 2016)."""
    x = graph.conv(x, factor * filters, (1, width), activation=activation, name=name)
    x = graph.reshape(x, factor * graph.nodes[x].shape[0], filters, name=f"{name}_apart")
    return graph.slice(x, 0, positions, name=f"{name}_cut")
