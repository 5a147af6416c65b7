"""The flagship: one network for every rate, on 129 bands over 0-24 kHz, with a memory for each part of the spectrum.

An encoder that widens as strides along frequency narrow the frame from 129 to 17 positions, two blocks that look back
in time (a gated recurrent unit, which learns what is steady there) and across frequency (attention, which finds the
harmonics of a voice), each position with weights of its own, and the mirrored decoder with skips give a gain for each
band (after DPCRN, Le et al. 2021, and FastEnhancer, Ahn et al. 2025). A branch sees the lowest 4 kHz bin by bin as
complex numbers, and gives a filter across frames for them (DeepFilterNet, Schröter et al. 2022). Bands wider than a
bin, above 1.25 kHz, cannot part harmonics by their gains: there a comb at the pitch of the voice does.
"""

from __future__ import annotations

from training.network import front_end
from training.network.graph import Graph

FINE, COARSE = 24, 48
"""Channels at 65 and at 17 positions."""
BLOCKS = 2
HEADS = 2
LOW_BINS = 128
LOW_FILTERS = 16
TAPS = 5
LEVEL_SECONDS = 2.0
COMB = 0.5


def fullband() -> Graph:
    """Declare it."""
    graph = Graph("fullband", front_end.fullband(low_bins=LOW_BINS, taps=TAPS, level_seconds=LEVEL_SECONDS, comb=COMB))
    bands, low = graph.input("bands", front_end.BANDS, 1), graph.input("low", LOW_BINS, 2)
    fine = graph.conv(bands, FINE, (3, 5), stride=2, activation="relu", name="encoder1")
    coarse = graph.conv(fine, COARSE, (1, 5), stride=4, activation="relu", name="encoder2")
    low_fine = graph.conv(low, LOW_FILTERS, (3, 5), stride=2, activation="relu", name="low_encoder1")
    low_coarse = graph.conv(low_fine, COARSE, (1, 4), stride=4, name="low_encoder2")

    positions, low_positions = (graph.nodes[x].shape[0] for x in (coarse, low_coarse))
    x = graph.add_up(coarse, _across(graph, low_coarse, positions, "low_to_bands"), name="encoded")
    x = graph.add_up(x, _across(graph, x, positions, "encoder3"), name="placed")
    for block in range(1, BLOCKS + 1):
        x = _block(graph, x, f"block{block}")

    up, ups = graph.add_up(x, coarse, name="skip2"), graph.nodes[fine].shape[0]
    up = _upwards(graph, up, 4, FINE, ups, "decoder2", activation="relu")
    up = graph.add_up(up, fine, name="skip1")
    up = _upwards(graph, up, 2, 1, front_end.BANDS, "decoder1")
    graph.output("gains", graph.activation(up, "sigmoid", name="gains"))

    up = _across(graph, x, low_positions, "bands_to_low")
    up = _upwards(graph, up, 4, LOW_FILTERS, graph.nodes[low_fine].shape[0], "low_decoder2", width=1)
    up = graph.activation(graph.add_up(up, low_fine, name="low_skip"), "relu", name="low_decoder2_relu")
    graph.output("filter", _upwards(graph, up, 2, 2 * TAPS, LOW_BINS, "low_decoder1"))
    return graph


def _block(graph: Graph, x: str, name: str) -> str:
    """Memory over time, then attention across frequency; a straight path beside both."""
    channels = graph.nodes[x].shape[1]
    memory = graph.gru(x, channels, per_position=True, name=f"{name}_memory")
    x = graph.add_up(x, memory, name=f"{name}_remembered")
    query, key, value = (
        graph.dense(x, channels, per_position=True, name=f"{name}_{role}") for role in ("query", "key", "value")
    )
    seen = graph.attention(query, key, value, heads=HEADS, name=f"{name}_attention")
    return graph.add_up(x, seen, name=name)


def _across(graph: Graph, x: str, positions: int, name: str) -> str:
    """Give `positions` new positions, each a weighted sum of all: one part of the spectrum tells another."""
    turned = graph.dense(graph.transpose(x, name=f"{name}_turn"), positions, name=name)
    return graph.transpose(turned, name=f"{name}_back")


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
    return graph.slice(x, 0, positions, name=f"{name}_cut") if graph.nodes[x].shape[0] > positions else x
