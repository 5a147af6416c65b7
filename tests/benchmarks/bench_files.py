"""Files: ``pytest tests/benchmarks/bench_files.py``; wall time, so leave the machine alone.

- A folder in one thread and in two: the ratio in the column "Min" is what the second core gives.
- A long stereo file, at 48 kHz in 24 bits, an hour or DEEPDENOISE_HOURS long: the peak memory of a process that calls
  `denoise_file` is ``peak_mb`` in ``--benchmark-json``, in MB, and printed with ``-s``.
- Many small files, 2,000 or DEEPDENOISE_FILES: ``overhead_s_per_1000`` is what a thousand take beyond their denoising.
"""

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytest_benchmark.fixture import BenchmarkFixture

from speechenh_plugin import denoise
from speechenh_plugin.batch import batch

RATE = 48000
HOURS = float(os.environ.get("DEEPDENOISE_HOURS", "1"))
FILES = int(os.environ.get("DEEPDENOISE_FILES", "2000"))


def write(path: Path, seconds: float) -> Path:
    """Write stereo noise."""
    minute = (0.1 * np.random.default_rng(0).standard_normal((60 * RATE, 2))).astype(np.float32)
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_24") as file:
        for done in range(0, round(seconds * RATE), len(minute)):
            file.write(minute[: round(seconds * RATE) - done])
    return path


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.benchmark(group="16 stereo files of 30 s at 48 kHz")
def test_a_folder(benchmark: BenchmarkFixture, tmp_path: Path, workers: int) -> None:
    (tmp_path / "in").mkdir()
    for number in range(16):
        write(tmp_path / "in" / f"{number}.wav", 30)
    outputs = (tmp_path / f"out{number}" for number in itertools.count())
    benchmark.pedantic(lambda: batch(tmp_path / "in", next(outputs), workers=workers), rounds=3, warmup_rounds=1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.benchmark(group=f"a stereo file of {HOURS:g} h at 48 kHz in 24 bits")
def test_a_long_file(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    write(tmp_path / "a.wav", HOURS * 3600)
    code = (
        "import sys; from speechenh_plugin import denoise_file; denoise_file(*sys.argv[1:]);"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.wav"), str(tmp_path / "b.wav")]
    found = benchmark.pedantic(lambda: subprocess.run(command, check=True, capture_output=True, text=True), rounds=1)
    benchmark.extra_info["peak_mb"] = int(found.stdout) / 1024
    print(f"peak {int(found.stdout) / 1024:.0f} MB")


@pytest.mark.benchmark(group=f"{FILES} files of 0.1 s")
def test_many_small_files(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    audio = (0.1 * np.random.default_rng(0).standard_normal(RATE // 10)).astype(np.float32)
    for number in range(FILES):
        soundfile.write(folder / f"{number}.wav", audio, RATE)
    benchmark.pedantic(lambda: batch(folder, tmp_path / "out", workers=1), rounds=1)
    start = time.perf_counter()
    for _ in range(200):
        denoise(audio, RATE)
    denoising = (time.perf_counter() - start) / 200
    overhead = 1000 * (benchmark.stats.stats.min / FILES - denoising)
    benchmark.extra_info["overhead_s_per_1000"] = overhead
    print(f"{overhead:.2f} s a thousand files beyond denoising")
