"""Cascaded redundant convolutional encoder-decoder (Park & Lee 2016, arXiv 1609.07132)."""

from __future__ import annotations

from training.network.front_end import BINS, narrowband
from training.network.graph import Graph

FRAMES = 8


def cr_ced(bypass: bool = False) -> Graph:
    """Declare five times (18, 30, 8) filters of widths (9, 5, 9), with skips that join the mirrored middles.

    Parameters
    ----------
    bypass : bool
        Add the input to the output, so that the network learns what to change, not how to copy: at high SNR copying
        through eight channels costs more than the noise does.
    """
    graph = Graph("cr_ced", narrowband())
    x = graph.input("input", BINS, 1)
    middles: list[str] = []
    for stage in range(5):
        x = _conv(graph, x, 18, (1 if stage else FRAMES, 9), f"stage{stage + 1}_a")
        mirror = middles[3 - stage] if stage in (2, 3) else None
        x = middle = _conv(graph, x, 30, (1, 5), f"stage{stage + 1}_b", skip=mirror)
        middles.append(middle)
        x = _conv(graph, x, 8, (1, 9), f"stage{stage + 1}_c")
    x = graph.conv(x, 1, (1, BINS), name="magnitude")
    graph.output("magnitude", graph.add_up(x, "input", name="bypass") if bypass else x)
    return graph


def _conv(graph: Graph, x: str, filters: int, kernel: tuple[int, int], name: str, skip: str | None = None) -> str:
    x = graph.conv(x, filters, kernel, use_bias=False, name=name)
    x = graph.batch_norm(x, name=f"{name}_norm")
    if skip:
        x = graph.add_up(x, skip, name=f"{name}_skip")
    return graph.activation(x, "relu", name=f"{name}_relu")
