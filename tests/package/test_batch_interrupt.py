"""Ctrl-C: partial files go, the journal stays true, another run goes on."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import DEEPDENOISE
from folders import tree
from sounds import speechlike

from speechenh_plugin.audio.atomic import partial_file
from speechenh_plugin.batch import REPORT, batch, threads
from speechenh_plugin.batch.job import Job, Outcome
from speechenh_plugin.batch.record import Record

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")


def _forget_ignored() -> None:
    """Let signals do what they do by default: under nohup one is ignored, in a shell's background another."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def started(command: list[object], cwd: Path, pattern: str) -> subprocess.Popen[str]:
    """Start a command and wait until it writes a partial file."""
    process = subprocess.Popen(
        list(map(str, command)), cwd=cwd, stderr=subprocess.PIPE, text=True, preexec_fn=_forget_ignored
    )
    while not list(cwd.rglob(pattern)):
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_batch_of_long_files(fullband_model: Path, tmp_path: Path, times: int) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for name, seconds in (("0.wav", 1), ("1.flac", 900), ("2.flac", 900)):
        soundfile.write(source / name, np.zeros(seconds * 48000, np.int16), 48000)
    command = [*DEEPDENOISE, "batch", source, output, "--workers", "2", "--model", fullband_model]
    process = started(command, tmp_path, ".2.*")
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in errors and "Error" not in errors and errors.strip().endswith("stopped")
    assert tree(output) == {"0.wav", f".{REPORT}.journal"}
    soundfile.write(source / "1.flac", np.zeros(48000, np.int16), 48000)
    soundfile.write(source / "2.flac", np.zeros(48000, np.int16), 48000)
    again = subprocess.run(list(map(str, command)), cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 0 and "2 done, 1 skipped, 0 failed" in again.stderr
    assert tree(output) == {"0.wav", "1.flac", "2.flac", REPORT}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_long_file(fullband_model: Path, tmp_path: Path, number: signal.Signals) -> None:
    soundfile.write(tmp_path / "a.flac", np.zeros(900 * 48000, np.int16), 48000)
    command = [*DEEPDENOISE, "a.flac", "-o", "out/b.wav", "--model", fullband_model]
    process = started(command, tmp_path, ".b.*")
    process.send_signal(number)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (130, "stopped\n")
    assert tree(tmp_path) == {"a.flac"}


class Stuck:
    """A processor that does not come back until it is told to."""

    def __init__(self) -> None:
        self.entered, self.leave = threading.Event(), threading.Event()

    def run(self, source: str, output: str, progress: object) -> None:
        with partial_file(Path(output)):
            self.entered.set()
            self.leave.wait()


def test_a_thread_that_cannot_stop_is_left_behind(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(0.2, 16000).T, 16000)
    stuck = Stuck()
    with Record(tmp_path / REPORT, "x") as record:

        def interrupt() -> None:
            stuck.entered.wait()
            signal.raise_signal(signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            threads.work([Job(str(tmp_path / "a.wav"), str(tmp_path / "b.wav"))], [stuck], record, print)
        assert any(thread.name == threads.NAME for thread in threading.enumerate())
    assert tree(tmp_path) == {"a.wav", f".{REPORT}.journal"}
    stuck.leave.set()
    for thread in threading.enumerate():
        if thread.name == threads.NAME:
            thread.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert tree(tmp_path) == {"a.wav", f".{REPORT}.journal"}


def test_what_was_done_when_the_interrupt_came_is_recorded(fullband_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number in range(8):
        soundfile.write(source / f"{number}.wav", speechlike(0.2, 16000, seed=number).T, 16000)

    def stop(outcome: Outcome, total: int) -> None:
        while len(list(output.glob("[0-9].wav"))) < 4:  # others end while this one is told
            time.sleep(0.01)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        batch(source, output, model=fullband_model, workers=4, progress=stop)
    lines = [json.loads(line) for line in (output / f".{REPORT}.journal").read_bytes().splitlines()]
    done = {Path(line["output"]).name for line in lines if line.get("status") == "done"}
    assert done == {path.name for path in output.glob("[0-9].wav")} and len(done) >= 4
