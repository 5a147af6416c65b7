"""Folders of recordings: what is done, chosen, told, and refused."""

import json
import shutil
import subprocess
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from commands import DEEPDENOISE
from folders import many_kinds, tree, without_override
from pedalboard import Pedalboard
from recordings import damaged
from sounds import speechlike

from speechenh_plugin import DeepDenoise, chains
from speechenh_plugin.batch import REPORT, batch
from speechenh_plugin.batch.job import Outcome


def test_forty_files(fullband_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    good = many_kinds(source)
    damaged(source / "bad")
    bad = {"bad/empty.wav", "bad/short.flac", "bad/text.wav"}
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
    for name, reason in [("empty.wav", "is empty"), ("short.flac", "cut short"), ("text.wav", "is not audio")]:
        assert any(f"bad/{name}" in line and reason in line for line in done.stderr.splitlines())
    assert "locked.wav cannot be read: Permission denied" in done.stderr
    report = json.loads((output / REPORT).read_text(encoding="utf-8"))
    assert report == json.loads(done.stdout)
    assert (report["done"], report["skipped"], report["failed"]) == (36, 0, 4)
    assert report["left_out"] == [{"name": "notes.txt", "reason": "has no ending of audio files"}]
    assert "left out: notes.txt, which has no ending of audio files" in done.stderr
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


def test_fewer_than_one_worker_is_refused(fullband_model: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for workers in (0, -1):
        with pytest.raises(ValueError, match=f"workers must be 1 or more, not {workers}"):
            batch(tmp_path / "in", tmp_path / "out", model=fullband_model, workers=workers)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing", "out"], "there is no folder"),
        (["in", "in"], "must be another one"),
        (["in", "in/a.wav"], "is not a folder"),
        (["in", "out", "--include", "*.ogg"], "there is no recording in in that is wanted"),
        (["in", ""], "a folder's name is empty"),
        (["in", "out", "--skip", "--overwrite"], "exclude each other"),
        (["in", "nosuch://out"], "nosuch://out cannot be opened: Protocol not known: nosuch"),
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
