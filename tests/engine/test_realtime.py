"""What a real-time thread may not do: allocate, lock, call the system, or slow down on tiny numbers."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from engine_models import cr_ced_like, fullband_like, packed

from speechenh_plugin import models
from speechenh_plugin.engine import Network, Processor

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


@pytest.mark.parametrize("declare", [cr_ced_like, fullband_like])
@pytest.mark.parametrize("level", [1e-39, 1e-30, 0.0])
def test_tiny_numbers_cost_no_more(declare, level):
    network = Network(packed(declare()))
    x = np.random.default_rng(0).standard_normal(48000).astype(np.float32) * np.float32(0.1)

    def cost(samples: np.ndarray) -> float:
        stream, best = Processor(network, 48000), np.inf
        for block in np.array_split(samples, 20):
            start = time.thread_time()
            stream.process(block)
            best = min(best, time.thread_time() - start)
        return best

    ratios = [cost(x * np.float32(level / 0.1)) / cost(x) for _ in range(5)]
    assert min(ratios) < 1.3
