"""Small models with random weights, so that no test of the machinery waits for training."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from engine_models import random_weights
from safetensors.numpy import save_file

from training.networks.front_end import fullband, narrowband
from training.networks.graph import Graph

# Tests run beside each other and beside training: one thread each.
for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


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


@pytest.fixture(scope="session")
def narrowband_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = Graph("tiny-narrowband", narrowband())
    x = graph.input("input", 129, 1)
    x = graph.conv(x, 4, (8, 9), activation="relu")
    graph.output("magnitude", graph.conv(x, 1, (1, 129)))
    return save_random(graph, tmp_path_factory.mktemp("models") / graph.name)


@pytest.fixture(scope="session")
def fullband_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = Graph("tiny-fullband", fullband())
    x = graph.input("bands", 129, 1)
    x = graph.conv(x, 6, (3, 5), stride=4, activation="relu")
    x = graph.gru(x, 6)
    x = graph.slice(graph.upsample(x, 4), 0, 129)
    graph.output("gains", graph.conv(x, 1, (1, 5), activation="sigmoid"))
    return save_random(graph, tmp_path_factory.mktemp("models") / graph.name)


@pytest.fixture(scope="session", params=["narrowband", "fullband"])
def model(request: pytest.FixtureRequest) -> Path:
    """A small model of either front end."""
    return request.getfixturevalue(f"{request.param}_model")


def speechlike(seconds: float, rate: float, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Harmonic tones that come and go, in noise; float32 of shape (channels, samples)."""
    random = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 12)) * (np.sin(2 * np.pi * 2 * t) > 0)
    noise = random.standard_normal((channels, t.size))
    return (0.1 * voice + 0.03 * noise).astype(np.float32)
