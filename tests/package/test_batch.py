import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from pedalboard import Pedalboard
from recordings import damaged
from sounds import speechlike

from speechenh_plugin import DeepDenoise, chains, models
from speechenh_plugin.batch import REPORT, batch
from speechenh_plugin.batch.job import Outcome

DEEPDENOISE = [sys.executable, "-m", "speechenh_plugin.cli"]


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def recordings(folder: Path, seconds: float = 0.4) -> set[str]:
    """Write 36 good files of many kinds into nested folders; give their names."""
    kinds = [("wav", None), ("flac", None), ("mp3", None), ("ogg", None), ("aiff", None), ("wav", "FLOAT")]
    rates = {"mp3": [8000, 16000, 44100, 48000, 22050, 32000]}
    names = set()
    for number in range(36):
        ending, subtype = kinds[number % 6]
        rate = rates.get(ending, [8000, 11025, 16000, 44100, 48000, 96000])[number // 6]
        channels = (1, 2, 6)[number % 3] if ending in ("wav", "flac") else 1 + number % 2
        name = ["take", "Gespräch am Tisch", "日本語 録音", "it's [1]"][number % 4]
        path = folder / ["", "day 1", "day 1/Büro", "день"][number % 4] / f"{name} {number}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, speechlike(seconds, rate, channels, number).T, rate, subtype=subtype)
        names.add(path.relative_to(folder).as_posix())
    return names


def without_override() -> list[str]:
    """Command prefix under which even root cannot read what permissions forbid; skips where there is none."""
    if os.geteuid() != 0:
        return []
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
    if shutil.which("setpriv") is None or subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip("root reads everything here")
    return prefix


def test_forty_files(fullband_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    good = recordings(source)
    bad = {
        f"bad/{path.name}"
        for message, path in damaged_folder(source / "bad").items()
        if path.suffix in (".wav", ".flac") and path.name in ("empty.wav", "short.flac", "text.wav")
    }
    for path in (source / "bad").iterdir():
        if f"bad/{path.name}" not in bad:
            path.rmdir() if path.is_dir() else path.unlink()
    locked = source / "day 1" / "locked.wav"
    soundfile.write(locked, speechlike(0.3, 16000).T, 16000)
    locked.chmod(0)
    bad.add("day 1/locked.wav")
    (source / "notes.txt").write_text("not audio, and not wanted")
    before = {name: (source / name).stat() for name in tree(source)}

    command = [*without_override(), *DEEPDENOISE, "batch", source, output, "--json", "--model", fullband_model]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert tree(output) == good | {REPORT}
    assert f"{len(good)} done, 0 skipped, 4 failed" in done.stderr
    for name, reason in [("empty.wav", "is empty"), ("short.flac", "damaged"), ("text.wav", "is not audio")]:
        assert any(f"bad/{name}" in line and reason in line for line in done.stderr.splitlines())
    assert "locked.wav cannot be read: Permission denied" in done.stderr
    report = json.loads((output / REPORT).read_text(encoding="utf-8"))
    assert report == json.loads(done.stdout)
    assert (report["done"], report["skipped"], report["failed"]) == (36, 0, 4)
    failed = {
        Path(file["source"]).relative_to(source).as_posix() for file in report["files"] if file["status"] == "failed"
    }
    assert failed == bad
    for name in good:
        old, new = soundfile.info(source / name), soundfile.info(output / name)
        for field in ("samplerate", "channels", "frames", "format", "subtype"):
            assert getattr(old, field) == getattr(new, field), name
    after = {name: (source / name).stat() for name in tree(source)}
    assert {name: status.st_mtime_ns for name, status in before.items()} == {
        name: status.st_mtime_ns for name, status in after.items()
    }


def damaged_folder(folder: Path) -> dict[str, Path]:
    folder.mkdir()
    return damaged(folder)


# --- resume


def test_done_files_are_skipped_until_something_changes(fullband_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number in range(3):
        soundfile.write(source / f"{number}.wav", speechlike(0.2, 16000, seed=number).T, 16000)

    def statuses(**settings: object) -> list[str]:
        report = batch(source, output, **{"model": fullband_model, **settings})  # type: ignore[arg-type]
        return [outcome.status for outcome in report.outcomes]

    assert statuses() == ["done"] * 3
    times = {name: (output / name).stat().st_mtime_ns for name in tree(output) - {REPORT}}
    assert statuses() == ["skipped"] * 3
    assert times == {name: (output / name).stat().st_mtime_ns for name in times}
    soundfile.write(source / "1.wav", speechlike(0.3, 16000).T, 16000)
    assert statuses() == ["skipped", "done", "skipped"]
    (output / "2.wav").unlink()
    assert statuses() == ["skipped", "skipped", "done"]
    (output / "0.wav").write_bytes(b"")
    assert statuses() == ["done", "skipped", "skipped"]
    assert statuses(strength=50) == ["done"] * 3
    assert statuses(strength=50) == ["skipped"] * 3
    assert statuses(strength=50, chain="podcast") == ["done"] * 3
    assert statuses(strength=50, chain="podcast", overwrite=True) == ["done"] * 3


def test_a_changed_chain_or_model_file_is_noticed(fullband_model: Path, tmp_path: Path) -> None:
    source, chain, model = tmp_path / "in", tmp_path / "chain.py", tmp_path / "model"
    source.mkdir()
    soundfile.write(source / "a.wav", speechlike(0.2, 16000).T, 16000)
    chain.write_text("from pedalboard import Gain\ndef chain():\n    return [Gain(-6)]\n")
    shutil.copytree(fullband_model, model)

    def status() -> str:
        return batch(source, tmp_path / "out", chain=str(chain), model=model).outcomes[0].status

    assert [status(), status()] == ["done", "skipped"]
    chain.write_text(chain.read_text().replace("-6", "-12"))
    assert [status(), status()] == ["done", "skipped"]
    (model / "graph.json").write_text((model / "graph.json").read_text().replace('"MIT"', '"MIT "'))
    assert [status(), status()] == ["done", "skipped"]


def test_other_ways_to_write_the_same_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not models():
        pytest.skip("no model is bundled")
    source = tmp_path / "in"
    source.mkdir()
    soundfile.write(source / "a.wav", speechlike(0.2, 16000).T, 16000)
    monkeypatch.chdir(tmp_path)

    def status(*folders: object, **settings: object) -> str:
        return batch(*folders, **settings).outcomes[0].status  # type: ignore[arg-type]

    assert status("in", "out") == "done"
    assert status(source, tmp_path / "out", strength=100, model=DeepDenoise().model) == "skipped"
    assert status("out/../in", "in/../out", listen="result") == "skipped"
    # A new version of the package brings other weights by the same name.
    (tmp_path / "new.ddn").write_bytes(b"new")
    updated = [dataclasses.replace(model, path=tmp_path / "new.ddn") for model in models()]
    monkeypatch.setattr(sys.modules["speechenh_plugin.batch.job"], "models", lambda: updated)
    assert status("in", "out") == "done"


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_and_started_again(fullband_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number in range(12):
        soundfile.write(source / f"{number:02}.wav", speechlike(20, 48000, 2).T, 48000)
    command = [*DEEPDENOISE, "batch", source, output, "--workers", "2", "--model", fullband_model]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while len(list(output.glob("[0-9]*.wav"))) < 3:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = {path.name: path.stat().st_mtime_ns for path in output.glob("[0-9]*.wav")}
    assert 3 <= len(finished) < 12
    for name in finished:
        assert soundfile.info(output / name).frames == 20 * 48000
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert tree(output) == {path.name for path in source.iterdir()} | {REPORT}
    again = [name for name, changed in finished.items() if (output / name).stat().st_mtime_ns != changed]
    # A file that was renamed a moment before the kill may be unknown to the journal.
    assert len(again) <= 2 and len(again) < len(finished)
    assert f"{12 - len(finished) + len(again)} done, {len(finished) - len(again)} skipped, 0 failed" in done.stderr


def test_runs_of_a_part_remember_the_rest(fullband_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for name in ("a.wav", "b.wav", "c.flac"):
        soundfile.write(source / name, speechlike(0.2, 16000).T, 16000)

    def statuses(*include: str) -> list[str]:
        return [outcome.status for outcome in batch(source, output, model=fullband_model, include=include).outcomes]

    assert statuses() == ["done"] * 3
    assert statuses("*.flac") == ["skipped"]
    assert statuses("*.ogg") == []
    report = json.loads((output / REPORT).read_text(encoding="utf-8"))
    assert report["files"] == [] and len(report["earlier"]) == 3
    assert statuses() == ["skipped"] * 3
    assert json.loads((output / REPORT).read_text(encoding="utf-8"))["earlier"] == []


def test_two_runs_do_not_write_one_report(fullband_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for name in ("a.wav", "b.wav"):
        soundfile.write(source / name, speechlike(0.2, 16000).T, 16000)
    told = []

    def meanwhile(outcome: Outcome, total: int) -> None:
        command = [*DEEPDENOISE, "batch", source, output, "--model", fullband_model]
        told.append(subprocess.run(command, capture_output=True, text=True, cwd=tmp_path))
        other = [*command, "--include", "a.wav", "--report", tmp_path / "other.json", "--overwrite"]
        told.append(subprocess.run(other, capture_output=True, text=True, cwd=tmp_path))

    assert batch(source, output, model=fullband_model, progress=meanwhile).count("done") == 2
    for refused, free in zip(told[::2], told[1::2], strict=True):
        assert refused.returncode == 1 and "Traceback" not in refused.stderr
        assert f"{output / REPORT}: another run is writing it; wait" in " ".join(refused.stderr.split())
        assert free.returncode == 0, free.stderr
    assert tree(output) == {"a.wav", "b.wav", REPORT}


def test_folders_that_cannot_be_read_are_named(fullband_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    for name in ("a.wav", "private/b.wav", ".hidden/c.wav"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(source / name, speechlike(0.2, 16000).T, 16000)
    command = [*without_override(), *DEEPDENOISE, "batch", source, output, "--model", fullband_model]
    for name in ("private", ".hidden"):
        (source / name).chmod(0)
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 1
        assert f"{source / 'private'} cannot be read: Permission denied" in " ".join(done.stderr.split())
        assert "1 done, 0 skipped, 1 failed" in done.stderr
        without = subprocess.run([*command, "--exclude", "private/*"], capture_output=True, text=True, cwd=tmp_path)
        assert without.returncode == 0 and "0 done, 1 skipped, 0 failed" in without.stderr
    finally:
        for name in ("private", ".hidden"):
            (source / name).chmod(0o700)
    assert tree(output) == {"a.wav", REPORT}


# --- choices


def test_patterns_endings_and_chains(fullband_model: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    for name in ("a.wav", "b.flac", "sub/a.wav", "sub/c.mp3", "old/d.wav", "e.dat", ".hidden.wav", ".git/f.wav"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(source / name, speechlike(0.2, 16000).T, 16000, format="WAV" if name.endswith("dat") else None)

    def outputs(**choices: object) -> set[str]:
        output = tmp_path / "out"
        shutil.rmtree(output, ignore_errors=True)
        report = batch(source, output, model=fullband_model, **choices)  # type: ignore[arg-type]
        assert report.count("failed") == 0
        return tree(output) - {REPORT}

    assert outputs() == {"a.wav", "b.flac", "sub/a.wav", "sub/c.mp3", "old/d.wav"}
    assert outputs(include=["*.wav"], exclude=["old/*"]) == {"a.wav", "sub/a.wav"}
    assert outputs(include=["sub/*"]) == {"sub/a.wav", "sub/c.mp3"}
    assert outputs(ending="flac", exclude=["old/*"]) == {"a.flac", "b.flac", "sub/a.flac", "sub/c.flac"}
    soundfile.write(source / "b.wav", speechlike(0.2, 16000).T, 16000)
    assert outputs(ending=".flac", include=["b.*"]) == {"b.flac", "b.wav.flac"}

    report = tmp_path / "report.json"
    assert outputs(chain="podcast", include=["a.wav"], report=report) == {"a.wav", "sub/a.wav"}
    assert json.loads(report.read_text())["settings"]["chain"] == "podcast"
    board = Pedalboard([DeepDenoise(model=fullband_model), *chains.podcast()])
    audio = soundfile.read(source / "a.wav", dtype="float32")[0]
    np.testing.assert_allclose(soundfile.read(tmp_path / "out" / "a.wav")[0], board(audio, 16000), atol=2**-14)


def test_output_inside_the_source_and_tags(fullband_model: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", speechlike(0.2, 16000).T, 16000)
    tags = mutagen.File(tmp_path / "a.flac")
    tags["title"] = "A"
    tags.save()
    for _ in range(2):
        assert len(batch(tmp_path, tmp_path / "clean", model=fullband_model).outcomes) == 1
    assert mutagen.File(tmp_path / "clean" / "a.flac")["title"] == ["A"]


def test_progress_tells_every_file(fullband_model: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for number in range(3):
        soundfile.write(source / f"{number}.wav", speechlike(0.2, 16000).T, 16000)
    told: list[tuple[Outcome, int]] = []
    report = batch(source, tmp_path / "out", model=fullband_model, progress=lambda *step: told.append(step))
    assert sorted(told, key=lambda step: step[0].source) == [(outcome, 3) for outcome in report.outcomes]
    assert report.duration == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing", "out"], "there is no folder"),
        (["in", "in"], "must be another one"),
        (["in", "in/a.wav"], "is not a folder"),
        (["in", "out", "--include", "*.ogg"], "no audio file"),
        (["in", "out", "--strength", "200"], "strength"),
        (["in", "out", "--chain", "loud"], "there is no chain 'loud'"),
        (["in", "out", "--chain", "chain.py"], "must define a function chain"),
        (["in", "out", "--chain", "none.py"], "chain() of none.py must return a list of pedalboard plug-ins, not None"),
        (["in", "out", "--chain", "wrong.py"], "wrong.py, line 2 fails: NameError: name 'gain' is not defined"),
        (["in", "out", "--chain", "syntax.py"], "syntax.py fails: SyntaxError"),
        (["in", "out", "--workers", "0"], "workers"),
        (["in", "out", "--report", "in/a.wav"], "is not a report"),
    ],
)
def test_wrong_usage(fullband_model: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", speechlike(0.2, 16000).T, 16000)
    (tmp_path / "chain.py").write_text("gain = 3\n")
    (tmp_path / "none.py").write_text("def chain():\n    pass\n")
    (tmp_path / "wrong.py").write_text("def chain():\n    return [gain]\n")
    (tmp_path / "syntax.py").write_text("def chain(:\n")
    command = [*DEEPDENOISE, "batch", *arguments, "--model", fullband_model]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


# --- many machines


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


def test_urls_of_the_source_are_no_output(fullband_model: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    soundfile.write(source / "a.wav", speechlike(0.3, 16000).T, 16000)
    before = (source / "a.wav").read_bytes()
    url = f"file://{source}"
    for folders in ((url, url), (source, url), (url, f"{source}/")):
        with pytest.raises(ValueError, match="must be another one than the source"):
            batch(*folders, model=fullband_model)
    for _ in range(2):  # the second run finds the first one's output inside the source
        batch(url, f"{url}/clean", model=fullband_model, report=tmp_path / "report.json")
    assert tree(source) == {"a.wav", "clean/a.wav"}
    assert (source / "a.wav").read_bytes() == before
    # A source inside the output folder is one like any other.
    (source / "a.wav").rename(source / "clean" / "b.wav")
    assert batch(source / "clean", source, model=fullband_model, include=["b.wav"]).count("done") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_the_process_of_a_job_ends_with_its_parent(fullband_model: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.zeros(1800 * 48000, np.int16), 48000)
    script = (
        "import sys\nfrom speechenh_plugin.batch.job import Job, run_in_process\n"
        "run_in_process(Job(sys.argv[1], sys.argv[2], {'model': sys.argv[3]}))"
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
