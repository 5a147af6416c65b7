"""Redundant convolutional encoder-decoder: ten layers, no cascade (Park & Lee 2016, arXiv 1609.07132)."""

from __future__ import annotations

from training.network.front_end import BINS, narrowband
from training.network.graph import Graph

FRAMES = 8
FILTERS = (12, 16, 20, 24, 32, 24, 20, 16, 12)
WIDTHS = (13, 11, 9, 7, 7, 7, 9, 11, 13)


def r_ced() -> Graph:
    """Declare filters that grow to the middle and shrink after it, and widths that do the opposite."""
    graph = Graph("r_ced", narrowband())
    x = graph.input("input", BINS, 1)
    for layer, (filters, width) in enumerate(zip(FILTERS, WIDTHS, strict=True), 1):
        x = graph.conv(x, filters, (FRAMES if layer == 1 else 1, width), use_bias=False, name=f"conv{layer}")
        x = graph.batch_norm(x, name=f"norm{layer}")
        x = graph.activation(x, "relu", name=f"relu{layer}")
    graph.output("magnitude", graph.conv(x, 1, (1, BINS), name="magnitude"))
    return graph
