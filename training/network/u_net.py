"""U-Net along frequency (Ronneberger et al. 2015, after jakeret/unet), causal in time: strides make it cheap."""

from __future__ import annotations

from training.network.front_end import BINS, narrowband
from training.network.graph import Graph

FILTERS = (12, 24, 36, 48)


def u_net() -> Graph:
    """Declare levels that halve the positions and see further back, and transposed convolutions back up."""
    graph = Graph("u_net", narrowband())
    x = graph.input("input", BINS, 1)
    x = _conv(graph, x, FILTERS[0], (3, 7), 1, "down1")
    skips = [x]
    for level, filters in enumerate(FILTERS[1:], 2):
        x = _conv(graph, x, filters, (3, 5), 2, f"down{level}a")
        x = _conv(graph, x, filters, (2, 3), 1, f"down{level}b")
        skips.append(x)
    for level in range(len(FILTERS) - 1, 0, -1):
        filters, skip = FILTERS[level - 1], skips[level - 1]
        x = graph.conv_transpose(x, filters, 4, stride=2, use_bias=False, name=f"up{level}a")
        x = graph.activation(graph.batch_norm(x, name=f"up{level}a_norm"), "relu", name=f"up{level}a_relu")
        # Halves are rounded up on the way down, so there is one position too many on the way up.
        x = graph.slice(x, 0, graph.nodes[skip].shape[0], name=f"up{level}a_cut")
        x = graph.concat(x, skip, name=f"skip{level}")
        x = _conv(graph, x, filters, (2, 3), 1, f"up{level}b")
    graph.output("magnitude", graph.conv(x, 1, (1, 9), name="magnitude"))
    return graph


def _conv(graph: Graph, x: str, filters: int, kernel: tuple[int, int], stride: int, name: str) -> str:
    x = graph.conv(x, filters, kernel, stride=stride, use_bias=False, name=name)
    x = graph.batch_norm(x, name=f"{name}_norm")
    return graph.activation(x, "relu", name=f"{name}_relu")
