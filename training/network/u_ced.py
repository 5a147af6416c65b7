"""The hybrid of U-Net and CR-CED: U-Net's encoder, decoder and skips, without its strides along frequency."""

from __future__ import annotations

from training.network.front_end import BINS, narrowband
from training.network.graph import Graph

FRAMES = 8
FILTERS = (16, 32, 42, 68)
WIDTHS = (9, 5)


def u_ced() -> Graph:
    """Declare two convolutions a level; the decoder's levels also get what the encoder's gave, as further channels."""
    graph = Graph("u_ced", narrowband())
    x = graph.input("input", BINS, 1)
    skips: list[str] = []
    for level, filters in enumerate(FILTERS, 1):
        x = _level(graph, x, filters, FRAMES if level == 1 else 1, f"down{level}")
        skips.append(x)
    for level in range(len(FILTERS) - 1, 0, -1):
        x = graph.concat(x, skips[level - 1], name=f"skip{level}")
        x = _level(graph, x, FILTERS[level - 1], 1, f"up{level}")
    graph.output("magnitude", graph.conv(x, 1, (1, BINS), name="magnitude"))
    return graph


def _level(graph: Graph, x: str, filters: int, frames: int, name: str) -> str:
    for i, width in enumerate(WIDTHS, 1):
        x = graph.conv(x, filters, (frames if i == 1 else 1, width), use_bias=False, name=f"{name}_conv{i}")
        x = graph.batch_norm(x, name=f"{name}_norm{i}")
        x = graph.activation(x, "relu", name=f"{name}_relu{i}")
    return x
