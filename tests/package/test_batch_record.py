"""What a batch remembers: runs go on where another was stopped."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile
from commands import DEEPDENOISE
from folders import tree
from sounds import speechlike

from speechenh_plugin import DeepDenoise, models, store
from speechenh_plugin.batch import REPORT, batch
from speechenh_plugin.batch.job import Outcome


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
    monkeypatch.setattr(store, "model_path", lambda name: tmp_path / "new.ddn")
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


def journal(output: Path) -> Path:
    return output / f".{REPORT}.journal"


@pytest.mark.parametrize(
    "damage", [b'{"source": "', b"null\n", b"\xff\xfe" * 40, b'[1]\n{"status": "done"}\n', b"\0" * 50]
)
def test_damaged_lines_of_the_journal_are_passed_over(fullband_model: Path, tmp_path: Path, damage: bytes) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number in range(4):
        soundfile.write(source / f"{number}.wav", speechlike(0.2, 16000, seed=number).T, 16000)
    batch(source, output, model=fullband_model)
    entries = json.loads((output / REPORT).read_bytes())["files"]
    (output / REPORT).unlink()
    journal(output).write_bytes(json.dumps(entries[0]).encode() + b"\n" + damage)

    def stop(outcome: Outcome, total: int) -> None:
        if outcome.status == "done":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batch(source, output, model=fullband_model, workers=1, progress=stop)
    assert journal(output).exists()
    report = batch(source, output, model=fullband_model, workers=1)
    assert report.count("failed") == 0 and report.count("skipped") >= 2
    assert report.left_out and all(item.name == journal(output).name for item in report.left_out)
    assert tree(output) == {REPORT, *(f"{number}.wav" for number in range(4))}


def test_a_report_with_an_entry_that_tells_nothing(fullband_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number in range(2):
        soundfile.write(source / f"{number}.wav", speechlike(0.2, 16000, seed=number).T, 16000)
    batch(source, output, model=fullband_model)
    report = json.loads((output / REPORT).read_bytes())
    report["files"][0]["duration"] = None
    (output / REPORT).write_text(json.dumps(report))
    again = batch(source, output, model=fullband_model)
    assert [outcome.status for outcome in again.outcomes] == ["done", "skipped"]
    assert [item.name for item in again.left_out] == [REPORT]


def test_outputs_that_no_run_made_stay(fullband_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    output.mkdir()
    for name in ("a.wav", "b.wav"):
        soundfile.write(source / name, speechlike(0.2, 16000).T, 16000)
    (output / "a.wav").write_bytes(b"mine")

    def statuses(**choices: bool) -> list[str]:
        return [outcome.status for outcome in batch(source, output, model=fullband_model, **choices).outcomes]

    told = batch(source, output, model=fullband_model).outcomes[0].reason
    assert told.endswith("a.wav exists, and no earlier run made it; --overwrite replaces it, --skip leaves it as it is")
    assert statuses() == ["failed", "skipped"]
    assert statuses(skip=True) == ["skipped", "skipped"]
    assert statuses() == ["failed", "skipped"]
    assert (output / "a.wav").read_bytes() == b"mine"
    assert statuses(overwrite=True) == ["done", "done"]
    assert statuses() == ["skipped", "skipped"]


def test_an_output_that_was_begun_is_made_again(fullband_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    output.mkdir()
    soundfile.write(source / "a.wav", speechlike(0.2, 16000).T, 16000)
    (output / "a.wav").write_bytes(b"of a run that was killed a moment before it told so")
    journal(output).write_text(json.dumps({"begun": str(output / "a.wav")}) + "\n")
    assert batch(source, output, model=fullband_model).count("done") == 1
