"""What a real-time thread may not do: allocate, lock, call the system, or compute with denormal numbers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engine_models import BARE, fixed_outputs, packed

from speechenh_plugin import models
from speechenh_plugin.engine import Network, Processor
from training.network.front_end import fullband
from training.network.graph import Graph

HERE = Path(__file__).parents[1] / "helpers"
compiler = shutil.which("cc")


@pytest.mark.skipif(sys.platform != "linux" or compiler is None, reason="needs Linux and a C compiler")
def test_process_neither_allocates_nor_locks_nor_calls_the_system(tmp_path):
    library = tmp_path / "realtime_guard.so"
    source = HERE / "native" / "realtime_guard.c"
    subprocess.run([compiler, "-O1", "-fPIC", "-shared", "-o", library, source, "-ldl"], check=True)
    paths = os.pathsep.join([str(HERE.parents[1]), str(HERE), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "LD_PRELOAD": str(library), "PYTHONPATH": paths}
    command = [sys.executable, HERE / "realtime_probe.py", library]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    counts = json.loads(run.stdout)
    control = counts.pop("control")
    assert control[0] == 2  # one malloc, one free: the guard counts
    if control[1] < 0:
        pytest.skip("this system cannot forbid system calls (seccomp)")
    assert control[1] == 1
    assert len(counts) == 8 * (3 + len(models()))
    assert counts == {case: [0, 0] for case in counts}


def test_tiny_numbers_are_flushed():
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
