"""Names that are bytes, and places that nothing can be written to."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commands import run
from recordings import write
from sounds import speechlike

from speechenh_plugin import AudioFileError, AudioWriteError, denoise_file
from speechenh_plugin.audio.reader import read

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names are bytes, and devices are files, on Linux")


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg", "m4a", "aiff"])
def test_names_that_are_no_characters(fullband_model: Path, tmp_path: Path, ending: str) -> None:
    plain = write(tmp_path / "a.wav", speechlike(0.3, 48000), 48000)
    first = os.path.join(tmp_path, os.fsdecode(b"caf\xe9." + ending.encode()))
    second = os.path.join(tmp_path, os.fsdecode(b"\xff\xfe." + ending.encode()))
    denoise_file(plain, first, model=fullband_model)
    report = denoise_file(first, second, model=fullband_model)
    assert report.frames == read(first)[0].shape[1] > 0
    with pytest.raises(AudioFileError, match=r"caf\\xe9") as caught:
        denoise_file(first, first, model=fullband_model)
    str(caught.value).encode()


def test_a_locale_without_characters(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "Gespräch.wav", speechlike(0.3, 48000), 48000)
    script = "import sys\nfrom speechenh_plugin import denoise_file\ndenoise_file(*sys.argv[1:3], model=sys.argv[3])"
    plain = {**os.environ, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "POSIX"}
    command = [sys.executable, "-c", script, source, tmp_path / "Größe.flac", fullband_model]
    subprocess.run(command, env=plain, check=True, cwd=Path(__file__).parents[2])
    assert read(tmp_path / "Größe.flac")[0].shape == (1, 14400)


def test_a_full_device(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.3, 48000), 48000)
    with pytest.raises(AudioWriteError, match="/dev/full cannot be written: the disk is full"):
        denoise_file(source, "/dev/full", model=fullband_model)


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let no file become longer than so many bytes."""
    import resource  # Windows has none

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_a_loudness_keeps_meanwhile_may_not_fit(fullband_model: Path, tmp_path: Path) -> None:
    long, brief = (write(tmp_path / f"{s}.wav", speechlike(s, 16000), 16000, subtype="PCM_16") for s in (6, 3))
    out = tmp_path / "out"
    with limited(300_000):
        done = run(long, brief, "-o", out, "--loudness", -23, "--model", fullband_model)
    assert done.exit_code == 1
    assert f"{out / '6.wav'} cannot be written: File too large" in done.stderr
    assert os.listdir(out) == ["3.wav"]


def test_what_a_recording_says_may_not_fit(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", speechlike(1, 16000), 16000, subtype="PCM_16")
    whole = source.read_bytes() + b"iXML" + (300_000).to_bytes(4, "little") + bytes(300_000)
    source.write_bytes(whole[:4] + (len(whole) - 8).to_bytes(4, "little") + whole[8:])
    assert denoise_file(source, tmp_path / "b.wav", model=fullband_model).frames == 16000
    (tmp_path / "b.wav").unlink()
    with limited(300_000), pytest.raises(AudioWriteError, match=r"b\.wav cannot be written: File too large"):
        denoise_file(source, tmp_path / "b.wav", model=fullband_model)
    assert os.listdir(tmp_path) == ["a.wav"]


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("a file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_read_only_place(fullband_model: Path, tmp_path: Path, read_only: Path) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.3, 48000), 48000)
    with pytest.raises(AudioWriteError, match=r"b\.wav cannot be written: Read-only file system"):
        denoise_file(source, read_only / "b.wav", model=fullband_model)


def test_no_name(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.3, 48000), 48000)
    with pytest.raises(AudioFileError, match="the output has no name"):
        denoise_file(source, "", model=fullband_model)


def test_a_link_stays_a_link(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.3, 48000), 48000)
    (tmp_path / "kept").mkdir()
    (tmp_path / "b.wav").symlink_to(tmp_path / "kept" / "c.wav")
    denoise_file(source, tmp_path / "b.wav", model=fullband_model)
    assert (tmp_path / "b.wav").is_symlink() and read(tmp_path / "kept" / "c.wav")[0].shape == (1, 14400)


def test_a_pipe_with_a_name(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.3, 48000), 48000)
    os.mkfifo(tmp_path / "pipe")
    feeder = subprocess.Popen(["cp", source, tmp_path / "pipe"])
    report = denoise_file(tmp_path / "pipe", tmp_path / "b.wav", model=fullband_model)
    assert feeder.wait() == 0 and report.frames == 14400
