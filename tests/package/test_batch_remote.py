"""Batches between URLs."""

import io
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest
import soundfile
from commands import run
from folders import tree
from sounds import speechlike

from speechenh_plugin import denoise
from speechenh_plugin.batch import batch, remote


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """A file system that is no local one."""
    system = fsspec.filesystem("memory")
    yield system
    for folder in ("/in", "/out"):
        if system.exists(folder):
            system.rm(folder, recursive=True)


def wav(audio: np.ndarray, rate: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, audio.T, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def test_from_url_to_url(fullband_model: Path, tmp_path: Path, memory: fsspec.AbstractFileSystem) -> None:
    audio = speechlike(0.3, 16000)
    memory.pipe({"/in/a.wav": wav(audio, 16000), "/in/sub/ü.wav": wav(audio, 16000), "/in/notes.txt": b"x"})
    memory.pipe("/in/bad.wav", b"no audio")
    report = tmp_path / "report.json"

    def once(**choices: bool) -> dict[str, str]:
        result = batch("memory://in", "memory://out", model=fullband_model, report=report, **choices)
        assert [item.name for item in result.left_out] == ["notes.txt"]
        return {outcome.source: outcome.status for outcome in result.outcomes}

    names = ["memory://in/a.wav", "memory://in/bad.wav", "memory://in/sub/ü.wav"]
    assert once() == dict(zip(names, ["done", "failed", "done"], strict=True))
    assert sorted(memory.find("/out")) == ["/out/a.wav", "/out/sub/ü.wav"]
    output, _ = soundfile.read(io.BytesIO(memory.cat("/out/a.wav")), dtype="float32")
    np.testing.assert_allclose(output, denoise(audio[0], 16000, model=fullband_model), atol=1e-6)
    assert once() == dict(zip(names, ["skipped", "failed", "skipped"], strict=True))
    memory.pipe("/in/a.wav", wav(audio[:, ::2], 16000))
    assert once() == dict(zip(names, ["done", "failed", "skipped"], strict=True))
    report.unlink()
    assert set(once().values()) == {"failed"}  # no run that is known made them
    assert once(skip=True) == dict(zip(names, ["skipped", "failed", "skipped"], strict=True))
    assert once(overwrite=True) == dict(zip(names, ["done", "failed", "done"], strict=True))


def test_names_that_look_like_patterns(fullband_model: Path, tmp_path: Path, memory: fsspec.AbstractFileSystem) -> None:
    names = ["take [1].wav", "really?.wav", "a*b/c.wav"]
    memory.pipe({f"/in/{name}": wav(speechlike(0.2, 16000), 16000) for name in names})
    for status in ("done", "skipped"):
        result = batch("memory://in", "memory://out", model=fullband_model, report=tmp_path / "report.json")
        assert result.count(status) == 3
    assert sorted(memory.find("/out")) == sorted(f"/out/{name}" for name in names)


def test_between_local_folders_and_urls(
    fullband_model: Path, tmp_path: Path, memory: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", speechlike(0.2, 16000).T, 16000)
    monkeypatch.chdir(tmp_path)
    assert batch("in", "memory://out", model=fullband_model).count("done") == 1
    assert memory.exists("/out/a.wav") and (tmp_path / "deepdenoise-report.json").exists()
    assert batch("memory://out", "back", model=fullband_model, include=["*.wav"]).count("done") == 1
    assert soundfile.info("back/a.wav").frames == 3200


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


class Unreachable(fsspec.AbstractFileSystem):
    """A server that does not answer."""

    protocol = "unreachable"

    def _fail(self, *_: object, **__: object) -> None:
        raise RuntimeError("no route to host")

    info = ls = isdir = _fail


def test_places_that_cannot_be_reached(fullband_model: Path, tmp_path: Path) -> None:
    fsspec.register_implementation("unreachable", Unreachable, clobber=True)
    with pytest.raises(OSError, match="cannot be reached: no route to host"):
        remote.entries("unreachable://in")
    result = run("batch", "unreachable://in", tmp_path / "out", "--model", fullband_model)
    assert result.exit_code == 1
    assert "unreachable://in cannot be reached: no route to host" in " ".join(result.stderr.split())


def test_local_names_may_hold_anything(tmp_path: Path) -> None:
    for name in ("a::b", "~c", "d#e?f", " g", "%20", "h\\i", "[j]*"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.wav").write_bytes(b"12345")
        folder = str(tmp_path / name)
        assert [entry.name for entry in remote.entries(folder)] == ["x.wav"]
        state = remote.state(remote.join(folder, "x.wav"))
        assert state is not None and state.startswith("5 ")
    assert {entry.name for entry in remote.entries(str(tmp_path))} >= {"a::b", "~c", "h\\i"}
