"""Places that cannot be written, names that are no text: a sentence and an exit status, never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from commands import DEEPDENOISE
from folders import without_override
from sounds import speechlike

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full and names of any bytes")


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    path = tmp_path / "noisy.wav"
    soundfile.write(path, speechlike(1, 16000).T, 16000)
    return path


def call(*arguments: object, cwd: Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [*DEEPDENOISE, *map(os.fspath, arguments)]
    return subprocess.run(command, cwd=cwd, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("arguments", [["models"], ["--help"], ["noisy.wav", "-o", "-"], ["noisy.wav", "--json"]])
def test_standard_output_that_is_full(fullband_model: Path, noisy: Path, arguments: list[str]) -> None:
    if "noisy.wav" in arguments:
        arguments = [*arguments, "--model", str(fullband_model)]
    with open("/dev/full", "wb") as full:
        done = call(*arguments, cwd=noisy.parent, stdout=full)
    assert done.returncode == 1
    last = done.stderr.decode().splitlines()[-1]
    assert last.startswith("deepdenoise: standard output cannot be written: ")
    assert last.endswith(("No space left on device", "the disk is full"))
    assert b"Traceback" not in done.stderr


def test_standard_error_that_is_full(noisy: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*DEEPDENOISE, "missing.wav"], cwd=noisy.parent, stderr=full, stdout=full)
    assert done.returncode == 1


@pytest.mark.parametrize("arguments", [["noisy.wav", "-o", "-"], ["-", "-o", "x.wav"]])
def test_closed_streams(fullband_model: Path, noisy: Path, arguments: list[str]) -> None:
    command = [*DEEPDENOISE, *arguments, "--model", str(fullband_model)]
    closed = 'exec "$@" >&- <&-'
    done = subprocess.run(["sh", "-c", closed, "sh", *command], cwd=noisy.parent, stderr=subprocess.PIPE)
    assert done.returncode == 2 and b"is closed; " in done.stderr


def test_folders_that_cannot_be_written(fullband_model: Path, noisy: Path) -> None:
    place = noisy.parent
    (place / "in").mkdir()
    (place / "in" / "a.wav").write_bytes(noisy.read_bytes())
    (place / "locked").mkdir()
    (place / "locked").chmod(0o500)
    prefix = without_override()
    model = ["--model", str(fullband_model)]
    for arguments, message in [
        (["noisy.wav", "-o", "locked/a.wav"], "locked/a.wav cannot be written: Permission denied"),
        (["noisy.wav", "-o", "locked/new/"], "locked/new cannot be made: Permission denied"),
        (["batch", "in", "locked"], "locked/deepdenoise-report.json cannot be written: Permission denied"),
        (["batch", "in", "locked/new"], "locked/new cannot be made: Permission denied"),
    ]:
        command = [*prefix, *DEEPDENOISE, *arguments, *model]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True)
        assert done.returncode == 1, done.stderr
        assert message in " ".join(done.stderr.split()) and "Traceback" not in done.stderr
    assert list((place / "locked").iterdir()) == []


@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_names_of_any_bytes_in_a_batch(fullband_model: Path, noisy: Path, locale: dict[str, str]) -> None:
    place = noisy.parent
    (place / "in").mkdir()
    for name in (b"caf\xe9.wav", "Büro.wav".encode(), b"good.wav"):
        os.link(noisy, os.path.join(os.fsencode(place), b"in", name))
    environment = {**os.environ, **locale}
    model = ["--model", str(fullband_model)]
    done = call("batch", "in", "out", "--json", *model, cwd=place, env=environment, stdout=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert b"3 done, 0 skipped, 0 failed" in done.stderr
    report = json.loads(done.stdout)
    assert report == json.loads((place / "out" / "deepdenoise-report.json").read_bytes())
    assert set(os.listdir(os.fsencode(place / "out"))) >= {b"caf\xe9.wav", "Büro.wav".encode(), b"good.wav"}
    again = call("batch", "in", "out", *model, cwd=place, env=environment)
    assert b"0 done, 3 skipped, 0 failed" in again.stderr


def test_messages_tell_bytes_that_are_no_text(noisy: Path) -> None:
    done = call(b"no\xe9.wav", cwd=noisy.parent)
    assert done.returncode == 1
    assert done.stderr == b"deepdenoise: no\\xe9.wav cannot be read: No such file or directory\n"


def test_a_home_is_not_needed(fullband_model: Path, noisy: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    done = call(noisy, "--model", str(fullband_model), cwd=noisy.parent, env=environment)
    assert done.returncode == 0, done.stderr
