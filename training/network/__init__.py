"""Networks: one declaration a file, from which both Keras and the engine's graph follow."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from training.network.cr_ced import cr_ced
from training.network.fullband import fullband
from training.network.graph import Graph, GraphError
from training.network.r_ced import r_ced
from training.network.u_ced import u_ced
from training.network.u_net import u_net

NETWORKS: dict[str, Callable[[], Graph]] = {
    "cr_ced": cr_ced,
    "cr_ced_bypass": partial(cr_ced, bypass=True),
    "fullband": fullband,
    "r_ced": r_ced,
    "u_ced": u_ced,
    "u_net": u_net,
}

__all__ = ["NETWORKS", "Graph", "GraphError"]
