"""Memory and speed of long files: ``python tests/benchmarks/bench_files.py [MODEL] [HOURS]``, and how threads do."""

import multiprocessing
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import soundfile

from speechenh_plugin import DeepDenoise, process_file
from speechenh_plugin.batch import batch

RATE = 48000
FILES, SECONDS = 16, 30


def write(path: Path, seconds: float) -> Path:
    """Write stereo noise."""
    minute = (0.1 * np.random.default_rng(0).standard_normal((60 * RATE, 2))).astype(np.float32)
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        for done in range(0, round(seconds), 60):
            file.write(minute[: round(min(60, seconds - done) * RATE)])
    return path


def long_file(folder: Path, model: str | None, hours: float) -> None:
    """Run one long file in a fresh process."""
    source = write(folder / "long.wav", hours * 3600)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        seconds, megabytes = pool.submit(measure, str(source), str(folder / "out.wav"), model).result()
    speed = hours * 3600 / seconds
    print(f"{hours:g} h of 48 kHz stereo: peak {megabytes:.0f} MB resident, {speed:.0f}x real time of one core")


def measure(source: str, output: str, model: str | None) -> tuple[float, float]:
    """Give processor seconds, and the process's peak memory in MB."""
    effect = DeepDenoise(model=model)
    start = time.thread_time()
    assert threading.current_thread() is threading.main_thread()
    process_file(effect, source, output)
    status = Path("/proc/self/status").read_text()
    return time.thread_time() - start, int(status.split("VmHWM:")[1].split()[0]) / 1024


def folder_of_files(folder: Path, model: str | None) -> None:
    """Run a folder in one thread, two threads, and two processes."""
    source, output = folder / "in", folder / "out"
    source.mkdir()
    for number in range(FILES):
        write(source / f"{number}.wav", SECONDS)
    for name, work in {
        "1 thread": lambda: batch(source, output, model=model, workers=1),
        "2 threads": lambda: batch(source, output, model=model, workers=2),
        "2 processes": lambda: processes(source, output, model),
    }.items():
        shutil.rmtree(output, ignore_errors=True)
        start, cpu = time.perf_counter(), time.process_time()
        work()
        seconds = time.perf_counter() - start
        used = time.process_time() - cpu  # of this process alone
        print(f"{name}: {FILES * SECONDS / seconds:.0f}x real time, {seconds:.1f} s, {used:.1f} s of processor here")


def processes(source: Path, output: Path, model: str | None) -> None:
    """Do what `batch` does, in two processes."""
    output.mkdir()
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        for path in source.iterdir():
            pool.submit(measure, str(path), str(output / path.name), model)


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as temporary:
        folder_of_files(Path(temporary), chosen)
        shutil.rmtree(Path(temporary, "in"))
        long_file(Path(temporary), chosen, float(sys.argv[2]) if len(sys.argv) > 2 else 3)
