"""What `process` of LADSPA, LV2 and CLAP may not do: allocate, lock or call the system."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1] / "helpers"


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler")
def test_process_neither_allocates_nor_locks_nor_calls_the_system(tmp_path: Path) -> None:
    guard = tmp_path / "realtime_guard.so"
    source = HERE / "native" / "realtime_guard.c"
    subprocess.run(["cc", "-O1", "-fPIC", "-shared", "-o", guard, source, "-ldl"], check=True)
    paths = os.pathsep.join([str(HERE.parents[1]), str(HERE), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "LD_PRELOAD": str(guard), "PYTHONPATH": paths}
    command = [sys.executable, HERE / "shells_probe.py", guard]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    counts = json.loads(run.stdout)
    control = counts.pop("control")
    assert control[0] == 2  # one malloc, one free: the guard counts
    if control[1] < 0:
        pytest.skip("this system cannot forbid system calls (seccomp)")
    assert control[1] == 1
    assert len(counts) == (2 * 2 + 2) * 4
    assert counts == {case: [0, 0] for case in counts}
