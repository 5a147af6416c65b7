"""Under sanitizers: ``DEEPDENOISE_SANITIZE=1 pytest -s tests/engine/test_sanitizers.py``, with GCC on Linux.

Minutes, as everything is built anew for each; ``DEEPDENOISE_FUZZ=600`` fuzzes longer, as in test_fuzz.py.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engine_models import fixed_outputs

from speechenh_plugin import preset
from training.network.front_end import fullband, narrowband

ROOT = Path(__file__).parents[2]
SECONDS = os.environ.get("DEEPDENOISE_FUZZ", "10")
pytestmark = pytest.mark.skipif(
    "DEEPDENOISE_SANITIZE" not in os.environ or sys.platform != "linux", reason="minutes: set DEEPDENOISE_SANITIZE=1"
)


def build(folder: Path, sanitizers: str) -> Path:
    """Build the package with sanitizers; gives the folder to put first on Python's path."""
    options = [f"-DDEEPDENOISE_SANITIZE={sanitizers}", "-DSKBUILD=ON"]
    native = ROOT / "speechenh_plugin" / "native"
    python = f"-DPython3_EXECUTABLE={sys.executable}"
    subprocess.run(
        ["cmake", "-S", native, "-B", folder / "build", "-DCMAKE_CXX_COMPILER=g++", python, *options], check=True
    )
    subprocess.run(["cmake", "--build", folder / "build"], check=True)
    subprocess.run(["cmake", "--install", folder / "build", "--prefix", folder], check=True)
    shutil.copytree(
        ROOT / "speechenh_plugin",
        folder / "speechenh_plugin",
        ignore=shutil.ignore_patterns("native"),
        dirs_exist_ok=True,
    )
    return folder


def runtime(name: str) -> str:
    return subprocess.run(
        ["g++", f"-print-file-name={name}"], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_addresses_and_undefined_behaviour(tmp_path: Path) -> None:
    package = build(tmp_path, "address,undefined")
    environment = {
        **os.environ,
        # Python itself is not built with it, so its runtime must come first; the C++ runtime, for exceptions, next.
        "LD_PRELOAD": f"{runtime('libasan.so')} {runtime('libstdc++.so')}",
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONPATH": os.pathsep.join([str(package), str(ROOT)]),
        "PYTHONMALLOC": "malloc",
    }
    names = (
        "engine/test_fuzz",
        "package/test_modelfile",
        "plugins/test_hostile_host",
        "plugins/test_hostile_shells",
        "plugins/test_vst3",
    )
    files = [ROOT / "tests" / f"{name}.py" for name in names]
    # dawdreamer brings its own runtime, and the real-time guard its own malloc
    chosen = ["-k", "not dawdreamer and not allocates", "-p", "no:cacheprovider"]
    subprocess.run([sys.executable, "-P", "-m", "pytest", "-s", *files, *chosen], env=environment, cwd=ROOT, check=True)


def test_threads(tmp_path: Path) -> None:
    package = build(tmp_path, "thread")
    program = tmp_path / "two_threads"
    source = ROOT / "tests" / "helpers" / "native" / "two_threads.cpp"
    subprocess.run(["g++", "-std=c++20", "-O1", "-g", "-fsanitize=thread", source, "-o", program], check=True)
    states = []
    for front_end, role in ((narrowband(), "magnitude"), (fullband(lookahead=1), "gains")):
        states.append(tmp_path / role)
        model = fixed_outputs(front_end, **{role: np.full((129, 1), 0.5)})
        states[-1].write_bytes(preset.pack_state(preset.State({0: 50.0}, model)))
    (library,) = package.glob("speechenh_plugin/DeepDenoise.vst3/Contents/*-linux/DeepDenoise.so")
    # Addresses are not randomised: ThreadSanitizer of older compilers cannot place its shadow otherwise.
    command = ["setarch", "-R", program, library, SECONDS, *states]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    print(run.stdout)
    assert run.returncode == 0, run.stderr
