"""Batches on many machines."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from folders import tree
from sounds import speechlike

from speechenh_plugin.batch import batch
from speechenh_plugin.batch.job import Outcome


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers, each a process of its own."""
    pytest.importorskip("distributed")
    scheduler_file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    local = ["--no-dashboard", "--scheduler-file", str(scheduler_file)]
    processes = [subprocess.Popen([*dask, *local, "--host", "127.0.0.1", "--port", "0"], stderr=subprocess.DEVNULL)]
    dask[2] = "distributed.cli.dask_worker"
    worker = [*dask, *local, "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path / "dask")]
    try:
        deadline = time.monotonic() + 60
        while not scheduler_file.exists():
            assert time.monotonic() < deadline, "the scheduler did not start"
            time.sleep(0.1)
        processes += [
            subprocess.Popen(worker, stderr=subprocess.DEVNULL, cwd=tmp_path, start_new_session=True) for _ in range(2)
        ]
        yield json.loads(scheduler_file.read_text())["address"], processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_dask_gives_the_same_bytes_and_survives_a_worker(
    fullband_model: Path,
    tmp_path: Path,
    cluster: tuple[str, list[subprocess.Popen[bytes]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, (_, _, victim) = cluster
    source = tmp_path / "in"
    source.mkdir()
    for number in range(8):
        soundfile.write(source / f"{number} ü.flac", speechlike(2, 48000, seed=number).T, 48000)
    (source / "bad.wav").write_text("no audio")
    batch(source, tmp_path / "local", model=fullband_model)

    def kill_one(outcome: Outcome, total: int) -> None:
        if victim.poll() is None and outcome.status == "done":
            victim.kill()

    folders = f"file://{source}", f"file://{tmp_path / 'remote'}"
    report = tmp_path / "report.json"
    result = batch(*folders, model=fullband_model, dask=address, report=report, progress=kill_one)
    assert victim.poll() is not None
    assert (result.count("done"), result.count("failed")) == (8, 1)
    assert "bad.wav is not audio" in next(o.reason for o in result.outcomes if o.status == "failed")
    assert tree(tmp_path / "remote") == {f"{number} ü.flac" for number in range(8)}
    for name in tree(tmp_path / "remote"):
        assert (tmp_path / "remote" / name).read_bytes() == (tmp_path / "local" / name).read_bytes()
    again = batch(*folders, model=fullband_model, dask=address, report=report)
    assert (again.count("skipped"), again.count("failed")) == (8, 1)
    # Workers have working folders of their own.
    monkeypatch.chdir(source)
    (source / "chain.py").write_text("def chain():\n    return []\n")
    relative = batch(
        ".", "../relative", include=["0*"], model=os.path.relpath(fullband_model), chain="chain.py", dask=address
    )
    assert [outcome.reason for outcome in relative.outcomes] == [""]
    assert (tmp_path / "relative" / "0 ü.flac").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_the_process_of_a_job_ends_with_its_parent(fullband_model: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.zeros(1800 * 48000, np.int16), 48000)
    script = (
        "import sys\nfrom speechenh_plugin.batch.job import Job, run_in_process\n"
        "from speechenh_plugin.processing import Processing\n"
        "run_in_process(Job(sys.argv[1], sys.argv[2], Processing({'model': sys.argv[3]})))"
    )
    names = [str(tmp_path / "a.flac"), str(tmp_path / "b.wav"), str(fullband_model)]
    parent = subprocess.Popen([sys.executable, "-c", script, *names], cwd=tmp_path, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".b.*")):
        assert time.monotonic() < deadline and parent.poll() is None
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    while list(tmp_path.glob(".b.*")):
        assert time.monotonic() < deadline, "the child goes on"
        time.sleep(0.05)
    assert [path.name for path in tmp_path.iterdir()] == ["a.flac"]
