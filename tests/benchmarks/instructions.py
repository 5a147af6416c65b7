"""How many instructions a frame takes, counted by valgrind (which runs the AVX2 kernels at most)."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from speechenh_plugin.engine import library_name
from speechenh_plugin.store import installed

SOURCE = Path(__file__).parents[1] / "helpers" / "native" / "run_engine.cpp"
RATE, HOP = 8000, 64


def instructions_per_frame(model: Path, frames: int = 40) -> float | None:
    """Count those of a model file for one channel at 8 kHz; None where there is no valgrind or no C++ compiler.

    Twice as many frames take that many instructions more: what is done once does not count.
    """
    valgrind, compiler = shutil.which("valgrind"), shutil.which("c++")
    if valgrind is None or compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "run_engine"
        subprocess.run([compiler, "-std=c++20", "-O2", SOURCE, "-o", program, "-ldl"], check=True)
        count = [valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]

        def instructions(hops: int) -> int:
            noise = (0.1 * np.random.default_rng(0).standard_normal(hops * HOP)).astype(np.float32)
            command = [*count, program, installed(library_name()), model, str(RATE)]
            said = subprocess.run(command, input=noise.tobytes(), capture_output=True, check=True).stderr.decode()
            (found,) = re.findall(r"I\s+refs:\s+([\d,]+)", said)
            return int(found.replace(",", ""))

        return (instructions(2 * frames) - instructions(frames)) / frames
