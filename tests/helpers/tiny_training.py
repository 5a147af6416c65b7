"""``python tiny_training.py ...`` is training.train, with a network "tiny" that compiles in a moment."""

import sys

from training import train
from training.network import NETWORKS
from training.network.front_end import narrowband
from training.network.graph import Graph


def tiny() -> Graph:
    graph = Graph("tiny", narrowband())
    x = graph.input("input", 129, 1)
    x = graph.conv(x, 8, (4, 9), stride=4, use_bias=False)
    x = graph.activation(graph.batch_norm(x), "relu")
    x = graph.slice(graph.upsample(x, 4), 0, 129)
    graph.output("magnitude", graph.conv(x, 1, (1, 129)))
    return graph


NETWORKS["tiny"] = tiny

if __name__ == "__main__":
    sys.exit(train.main())
