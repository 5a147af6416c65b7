"""Small models with random weights, so that no test of the machinery waits for training, and signals as they were."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_models import save_random

from training.network.front_end import fullband, narrowband
from training.network.graph import Graph

# Tests run beside each other and beside training: one thread each.
for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """A shell's background ignores interrupts, and so does the command line once one has come."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def narrowband_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = Graph("tiny-narrowband", narrowband())
    x = graph.input("input", 129, 1)
    x = graph.conv(x, 4, (8, 9), activation="relu")
    graph.output("magnitude", graph.conv(x, 1, (1, 129)))
    return save_random(graph, tmp_path_factory.mktemp("models") / graph.name)


@pytest.fixture(scope="session")
def fullband_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = Graph("tiny-fullband", fullband(comb=0.5))
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
