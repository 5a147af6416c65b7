"""``python -m training.network``: the table of networks, as Markdown."""

from __future__ import annotations

from training.network import NETWORKS
from training.network.frames import HOP_SECONDS


def table() -> str:
    """Parameters, multiply-adds a frame, and million multiply-adds a second of each network."""
    rows = ["| network | parameters | multiply-adds a frame | MMAC/s |", "|---|--:|--:|--:|"]
    for name, declare in NETWORKS.items():
        graph = declare()
        rows.append(f"| {name} | {graph.parameters:,} | {graph.macs:,} | {graph.macs / HOP_SECONDS / 1e6:,.0f} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
