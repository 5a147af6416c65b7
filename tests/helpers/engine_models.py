"""Graphs with random weights, packed in memory, for the tests of the engine and its benchmark."""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from speechenh_plugin import modelfile
from training.network.front_end import fullband, narrowband
from training.network.graph import Graph

BARE = {"kind": "none"}


def random_weights(graph: Graph, seed: int = 0, gain: float = 1.5, bias: float = 0.3) -> dict[str, np.ndarray]:
    """Weights of every node, scaled so that signals neither vanish nor grow: power of a kernel, deviation of a bias."""
    random = np.random.default_rng(seed)
    weights = {}
    for node in graph.nodes.values():
        for name, shape in node.weights.items():
            scale = bias if len(shape) == 1 else np.sqrt(gain / np.prod(shape[:-1]))
            weights[f"{node.name}/{name}"] = (scale * random.standard_normal(shape)).astype(np.float32)
    return weights


def save_random(graph: Graph, directory: Path, seed: int = 0) -> Path:
    """Write a model directory with random weights, scaled so that signals neither vanish nor grow."""
    weights = random_weights(graph, seed, gain=2.0, bias=0.1)
    directory.mkdir(parents=True)
    save_file(weights, directory / "weights.safetensors")
    meta = {
        "licence": "MIT",
        "data": ["none: random weights"],
        "parameters": graph.parameters,
        "macs_per_frame": graph.macs,
        "measures": {},
    }
    (directory / "graph.json").write_text(json.dumps(graph.to_json(meta)))
    return directory


def packed(graph: Graph, weights: dict[str, np.ndarray] | None = None) -> bytes:
    return modelfile.pack_graph(graph.to_json(), random_weights(graph) if weights is None else weights)


def signed(data: bytes) -> bytes:
    """The file with its size and checksum made right again, as a liar would."""
    body = struct.pack("<Q", len(data)) + data[24:]
    return data[:12] + struct.pack("<I", zlib.crc32(body)) + body


def small() -> Graph:
    """A little of everything that the reader must check."""
    graph = Graph("small", BARE)
    x = graph.input("x", 6, 2)
    x = graph.conv(x, 4, (2, 3), activation="prelu", name="conv")
    x = graph.gru(graph.layer_norm(x), 3, name="gru")
    x = graph.dense(graph.attention(x, x, x), 3, per_position=True, name="own")
    graph.output("y", graph.add("affine", x, "last"))
    return graph


def cr_ced_like() -> Graph:
    """The reference recipe's shape, batch norm folded: 4.1 M multiply-adds a frame."""
    graph = Graph("cr_ced_like", narrowband())
    x = graph.input("input", 129, 1)
    middles = []
    for stage in range(5):
        x = graph.conv(x, 18, (1 if stage else 8, 9), activation="relu")
        x = graph.conv(x, 30, (1, 5))
        if stage in (2, 3):
            x = graph.add_up(x, middles[3 - stage])
        x = graph.activation(x, "relu")
        middles.append(x)
        x = graph.conv(x, 8, (1, 9), activation="relu")
    graph.output("magnitude", graph.conv(x, 1, (1, 129)))
    return graph


def fullband_like(low_bins: int = 0, taps: int = 1, lookahead: int = 0, comb: float = 0.0) -> Graph:
    """Strided convolutions, GRUs over time and frequency, a mirrored way up: about 1 M multiply-adds a frame."""
    graph = Graph("fullband_like", fullband(low_bins=low_bins, taps=taps, lookahead=lookahead, comb=comb))
    x = graph.input("bands", 129, 1)
    x = skip = graph.conv(x, 24, (3, 7), stride=2, activation="prelu")
    x = middle = graph.conv(x, 32, (2, 5), stride=2, activation="prelu")
    x = graph.conv(x, 48, (1, 3), stride=2, activation="prelu")
    forward, backward = graph.gru(x, 24, axis="frequency"), graph.gru(x, 24, axis="frequency", reverse=True)
    x = deep = graph.layer_norm(graph.concat(forward, backward))
    x = graph.dense(graph.reshape(x, 1, 17 * 48), 128, activation="elu")
    x = state = graph.gru(graph.gru(x, 128), 128)
    x = graph.reshape(graph.dense(x, 17 * 48, activation="relu"), 17, 48)
    x = graph.conv_transpose(graph.add_up(x, deep), 32, 3, stride=2, activation="prelu")
    x = graph.add_up(graph.slice(x, 0, 33), middle)
    x = graph.conv_transpose(x, 24, 5, stride=2, activation="prelu")
    x = graph.concat(graph.slice(x, 0, 65), skip)
    x = graph.reshape(graph.conv(x, 2, (1, 3), activation="sigmoid"), 130, 1)
    graph.output("gains", graph.slice(x, 0, 129))
    if low_bins:
        low = graph.input("low", low_bins, 2)
        x = graph.reshape(graph.dense(state, 8 * low_bins, activation="relu"), low_bins, 8)
        x = graph.conv(graph.concat(x, low), 2 * taps, (1, 3), activation="tanh")
        graph.output("filter", x)
    return graph


def fixed_outputs(front_end: dict, **outputs: np.ndarray) -> bytes:
    """A network that gives the same outputs whatever it hears."""
    graph = Graph("fixed", front_end)
    weights = {}
    first = graph.input("input" if front_end["kind"] == "narrowband" else "bands", 129, 1)
    for role, values in outputs.items():
        x = graph.dense(graph.transpose(first), values.size, name=role)
        weights[f"{role}/kernel"] = np.zeros((129, values.size), np.float32)
        weights[f"{role}/bias"] = values.ravel().astype(np.float32)
        graph.output(role, graph.reshape(x, *values.shape))
    return packed(graph, weights)
