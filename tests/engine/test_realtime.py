"""What a real-time thread may not do: allocate, lock, call the system, or compute with denormal numbers."""

from pathlib import Path

import numpy as np
import realtime_guard
from engine_models import BARE, fixed_outputs, packed

from speechenh_plugin import models
from speechenh_plugin.engine import Network, Processor
from training.network.front_end import fullband
from training.network.graph import Graph


@realtime_guard.needed
def test_process_neither_allocates_nor_locks_nor_calls_the_system(tmp_path: Path) -> None:
    counts = realtime_guard.counts("realtime_probe.py", tmp_path)
    assert len(counts) == 8 * (3 + len(models()))
    assert counts == {case: [0, 0] for case in counts}


def test_tiny_numbers_are_flushed() -> None:
    """Else each would cost hundreds of cycles, as after the end of a sound; the caller's arithmetic stays as it was."""
    tiny = np.full((3, 2, 2), 1e-39, np.float32)
    graph = Graph("affine", BARE)
    graph.output("y", graph.add("affine", graph.input("x", 2, 2), "y"))
    weights = {"y/scale": np.ones(2), "y/shift": np.zeros(2)}
    assert not Network(packed(graph, weights)).run({"x": tiny})["y"].any()
    assert (tiny + tiny).all()

    network = Network(fixed_outputs(fullband(), gains=np.full((129, 1), 0.5)))
    x = np.full(2000, 2e-38, np.float32)  # its spectrum is too small, so nothing is changed
    stream = Processor(network, 8000)
    assert np.array_equal(stream.process(x)[stream.latency :], x[: -stream.latency])
    assert (tiny + tiny).all()
