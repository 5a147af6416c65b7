"""Audio through standard input and output."""

import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import DEEPDENOISE
from sounds import speechlike


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"])
def test_pipe(fullband_model: Path, tmp_path: Path, subtype: str) -> None:
    source = tmp_path / "a.wav"
    soundfile.write(source, speechlike(0.5, 22050, 2).T, 22050, subtype=subtype)
    command = [*DEEPDENOISE, "-", "-o", "-", "--strength", "0", "--model", fullband_model]
    with source.open("rb") as file, (tmp_path / "b.wav").open("wb") as output:
        feed = subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE)
        subprocess.run(command, stdin=feed.stdout, stdout=output, check=True, cwd=tmp_path, stderr=subprocess.PIPE)
        assert feed.wait() == 0
    assert soundfile.info(tmp_path / "b.wav").subtype == subtype
    for one, other in zip(soundfile.read(source), soundfile.read(tmp_path / "b.wav"), strict=True):
        np.testing.assert_array_equal(one, other)


def test_pipe_of_an_odd_number_of_bytes(fullband_model: Path, tmp_path: Path) -> None:
    source, chain = tmp_path / "a.wav", tmp_path / "chain.py"
    soundfile.write(source, speechlike(0.2, 16000).T[:3001], 16000, subtype="PCM_24")
    chain.write_text("print('made')\ndef chain():\n    print('called')\n    return []\n")
    command = [*DEEPDENOISE, source, "-o", "-", "--model", fullband_model, "--chain", chain]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=True)
    assert len(done.stdout) == 44 + 3 * 3001 + 1
    assert struct.unpack("<I", done.stdout[4:8])[0] == len(done.stdout) - 8
    assert struct.unpack("<I", done.stdout[40:44])[0] == 3 * 3001
    assert b"made" in done.stderr and b"called" in done.stderr


def unknown_length(wav: bytes, size: bytes) -> bytes:
    """A header as programs write that do not know how much will follow."""
    data = wav.index(b"data")
    return wav[:4] + size + wav[8 : data + 4] + size + wav[data + 8 :]


@pytest.mark.parametrize("size", [b"\xff" * 4, b"\0" * 4], ids=["largest", "none"])
def test_pipe_of_unknown_length(fullband_model: Path, tmp_path: Path, size: bytes) -> None:
    source = tmp_path / "a.wav"
    audio = speechlike(3, 48000)
    soundfile.write(source, audio.T, 48000)
    command = [*DEEPDENOISE, "-", "-o", "b.flac", "--model", fullband_model]
    done = subprocess.run(command, input=unknown_length(source.read_bytes(), size), capture_output=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert soundfile.info(tmp_path / "b.flac").frames == audio.shape[1]
    command[5] = "-"
    done = subprocess.run(command, input=unknown_length(source.read_bytes(), size), capture_output=True, cwd=tmp_path)
    assert len(done.stdout) == 44 + 2 * audio.shape[1]
    assert done.stdout.startswith(b"RIFF\xff\xff\xff\xffWAVE")


def test_redirected_output_tells_its_length_in_the_end(fullband_model: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(0.2, 16000).T[:3001], 16000, subtype="PCM_24")
    cut = unknown_length((tmp_path / "a.wav").read_bytes()[: 44 + 3 * 3001], b"\xff" * 4)
    command = [*DEEPDENOISE, "-", "-o", "-", "--model", fullband_model]
    piped = subprocess.run(command, input=cut, capture_output=True, cwd=tmp_path, check=True).stdout
    for mode in ("wb", "ab"):
        with (tmp_path / mode).open(mode) as output:
            output.write(b"what was here")
            output.flush()
            subprocess.run(command, input=cut, stdout=output, stderr=subprocess.PIPE, cwd=tmp_path, check=True)
            output.write(b"what comes next")
        between = (tmp_path / mode).read_bytes().removeprefix(b"what was here").removesuffix(b"what comes next")
        if mode == "ab":  # whose header cannot be written anew
            assert between == piped
            continue
        data = between.index(b"data")
        assert struct.unpack("<I", between[4:8])[0] == len(between) - 8
        assert struct.unpack("<I", between[data + 4 : data + 8])[0] == 9003
        assert between[data + 8 :] == piped[-9003:] + b"\0"


def test_pipe_that_is_cut_or_not_audio(fullband_model: Path, tmp_path: Path) -> None:
    noisy = tmp_path / "noisy.wav"
    soundfile.write(noisy, speechlike(1, 16000, 2).T, 16000, subtype="PCM_24")
    command = [*DEEPDENOISE, "-", "-o", "b.wav", "--model", fullband_model]
    for data, message in ((noisy.read_bytes()[:-3000], b"cut short"), (b"text" * 99, b"standard input is not audio")):
        done = subprocess.run(command, input=data, capture_output=True, cwd=tmp_path)
        assert done.returncode == 1 and message in done.stderr
    assert not (tmp_path / "b.wav").exists()


def test_a_reader_that_leaves_is_one_clear_error(fullband_model: Path, tmp_path: Path) -> None:
    source = tmp_path / "a.wav"
    soundfile.write(source, speechlike(20, 48000, 2).T, 48000)
    command = [*DEEPDENOISE, str(source), "-o", "-", "--model", str(fullband_model)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(100)
    process.stdout.close()
    errors = process.stderr.read()
    assert process.wait() == 1
    assert b"standard output cannot be written: Broken pipe" in errors and b"Traceback" not in errors
