"""Counting what a real-time thread may not do, in a process with a guard before the C library."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

needed = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)


def counts(probe: str, folder: Path) -> dict[str, list[int]]:
    """Build the guard in `folder` and run a helper under it.

    Returns
    -------
    dict of str to [int, int]
        For each case of the helper, allocations and locks, and calls of the system.
    """
    guard = folder / "realtime_guard.so"
    source = HERE / "native" / "realtime_guard.c"
    subprocess.run(["cc", "-O1", "-fPIC", "-shared", "-o", guard, source, "-ldl"], check=True)
    paths = os.pathsep.join([str(HERE.parents[1]), str(HERE), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "LD_PRELOAD": str(guard), "PYTHONPATH": paths}
    command = [sys.executable, HERE / probe, guard]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found: dict[str, list[int]] = json.loads(run.stdout)
    control = found.pop("control")
    assert control[0] == 2  # one malloc, one free: the guard counts
    if control[1] < 0:
        pytest.skip("this system cannot forbid system calls (seccomp)")
    assert control[1] == 1
    return found
