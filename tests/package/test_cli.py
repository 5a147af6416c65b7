import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from sounds import speechlike
from typer.testing import CliRunner, Result

from speechenh_plugin import DeepDenoise, denoise, plots
from speechenh_plugin.cli import app
from speechenh_plugin.cli.vst3 import user_folder

DEEPDENOISE = [sys.executable, "-m", "speechenh_plugin.cli"]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    path = tmp_path / "noisy speech.wav"
    soundfile.write(path, speechlike(1, 16000, 2).T, 16000, subtype="PCM_24")
    return path


# --- files


def test_without_a_command(fullband_model: Path, noisy: Path, tmp_path: Path) -> None:
    result = run(
        noisy, "-o", tmp_path / "out.wav", "--strength", 80, "--reduction-limit", 18, "--model", fullband_model
    )
    assert result.exit_code == 0, result.output
    assert "16000 Hz, 2 channels, PCM_24" in result.stderr and "x real time" in result.stderr
    assert result.stdout == ""
    audio, rate = soundfile.read(noisy, dtype="float32")
    output, _ = soundfile.read(tmp_path / "out.wav", dtype="float32")
    expected = denoise(audio.T, rate, strength=80, reduction_limit_db=18, model=fullband_model).T
    np.testing.assert_allclose(output, expected, atol=2**-22)


def test_options_may_come_first_and_the_output_has_a_name(fullband_model: Path, noisy: Path) -> None:
    assert run("--listen", "removed", "--no-stereo-link", "--model", fullband_model, noisy).exit_code == 0
    output, rate = soundfile.read(noisy.with_name("noisy speech_denoised.wav"), dtype="float32")
    audio, _ = soundfile.read(noisy, dtype="float32")
    expected = denoise(audio.T, rate, listen="removed", stereo_link=False, model=fullband_model)
    np.testing.assert_allclose(output.T, expected, atol=2**-22)


def test_json_and_some_failures(fullband_model: Path, noisy: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no audio")
    result = run(noisy, text, tmp_path / "missing.wav", "--json", "--model", fullband_model)
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert [done["source"] for done in report["done"]] == [str(noisy)]
    assert report["done"][0]["frames"] == 16000 and report["done"][0]["speed"] > 0
    assert [failed["source"] for failed in report["failed"]] == [str(text), str(tmp_path / "missing.wav")]
    assert "text.wav is not audio" in result.stderr and "missing.wav cannot be read" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--strength", "101"], "strength"),
        (["--reduction-limit", "-1"], "reduction-limit"),
        (["--listen", "both"], "listen"),
        (["--model", "no-such"], "there is no model 'no-such'"),
        (["--chain", "no-such"], "there is no chain 'no-such'"),
        (["--frequency", "3"], "No such option"),
        (["second.wav", "-o", "out.wav"], "-o takes one file"),
        (["-o", "-", "--json"], "standard output"),
    ],
)
def test_wrong_usage(fullband_model: Path, noisy: Path, arguments: list[str], message: str) -> None:
    before = set(noisy.parent.iterdir())
    defaults = [] if "--model" in arguments else ["--model", fullband_model]
    result = run(noisy, *defaults, *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert set(noisy.parent.iterdir()) == before


def test_help_tells_defaults() -> None:
    for command, default in (("denoise", "FILE_denoised"), ("batch", "one a core"), ("compare", "FILE_compare.png")):
        assert f"[default: {default}" in " ".join(run(command, "--help").output.replace("│", " ").split())


def test_help_and_version() -> None:
    for arguments in (["--help"], ["-h"], ["batch", "--help"], ["denoise", "--help"], ["vst3", "install", "--help"]):
        assert run(*arguments).exit_code == 0
    assert "batch" in run("-h").output
    assert run().exit_code == 2
    try:
        from importlib.metadata import PackageNotFoundError, version

        expected = version("speechenh-plugin")
    except PackageNotFoundError:
        pytest.skip("speechenh-plugin is not installed")
    assert run("--version").stdout.strip() == f"deepdenoise {expected}"


# --- pipes


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
    told = piped[:4] + struct.pack("<I", 36 + 9004) + piped[8:40] + struct.pack("<I", 9003) + piped[44:] + b"\0"
    for mode, expected in (("wb", told), ("ab", piped)):
        with (tmp_path / mode).open(mode) as output:
            output.write(b"what was here")
            output.flush()
            subprocess.run(command, input=cut, stdout=output, stderr=subprocess.PIPE, cwd=tmp_path, check=True)
            output.write(b"what comes next")
        assert (tmp_path / mode).read_bytes() == b"what was here" + expected + b"what comes next"


def test_pipe_that_is_cut_or_not_audio(fullband_model: Path, noisy: Path, tmp_path: Path) -> None:
    command = [*DEEPDENOISE, "-", "-o", "b.wav", "--model", fullband_model]
    for data, message in ((noisy.read_bytes()[:-3000], b"cut short"), (b"text" * 99, b"standard input is not a WAV")):
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


# --- the other commands


def test_compare(fullband_model: Path, noisy: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = run("compare", noisy, "--json", "--seconds", 0.5, "--model", fullband_model)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    picture = Path(report["picture"])
    assert picture == noisy.with_name("noisy speech_compare.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    audio = soundfile.read(noisy)[0][:8000].mean(axis=1)
    assert report["before"]["rms_db"] == pytest.approx(10 * np.log10(np.mean(audio**2)), abs=0.01)
    assert report["after"]["rms_db"] < report["before"]["rms_db"]
    assert "dBFS" in run("compare", noisy, "-o", tmp_path / "c.png", "--model", fullband_model).stdout
    assert run("compare", tmp_path / "missing.wav", "--model", fullband_model).exit_code == 1


@pytest.mark.parametrize("level", [-20.0, -60.0, -110.0])
def test_levels_of_faint_sounds(level: float) -> None:
    measured = plots.levels(np.full(8000, 10 ** (level / 20)), 8000)
    assert (measured.peak_db, measured.rms_db, measured.noise_floor_db) == pytest.approx((level,) * 3, abs=0.01)


def test_models() -> None:
    from speechenh_plugin import models

    names = [model.name for model in models()]
    assert [entry["name"] for entry in json.loads(run("models", "--json").stdout)] == names
    table = run("models").stdout
    assert all(name in table for name in names)


def test_vst3(tmp_path: Path) -> None:
    bundle = Path(run("vst3", "path").stdout.strip())
    assert bundle.name == "DeepDenoise.vst3"
    target = tmp_path / "VST3" / "DeepDenoise.vst3"
    for _ in range(2):  # the second replaces the first
        assert run("vst3", "install", "--to", tmp_path / "VST3").exit_code == 0
        assert {path.relative_to(target) for path in target.rglob("*")} == {
            path.relative_to(bundle) for path in bundle.rglob("*")
        }
    assert list(target.parent.iterdir()) == [target]
    assert run("vst3", "install", "--uninstall", "--to", tmp_path / "VST3").exit_code == 0
    assert not target.exists()
    assert run("vst3", "install", "--uninstall", "--to", tmp_path / "VST3").exit_code == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_vst3_where_a_link_was(tmp_path: Path) -> None:
    own, target = tmp_path / "own", tmp_path / "VST3" / "DeepDenoise.vst3"
    own.mkdir()
    (own / "file").write_text("mine")
    target.parent.mkdir()
    for led in (own, tmp_path / "missing"):
        for uninstall in ([], ["--uninstall"]):
            target.symlink_to(led)
            assert run("vst3", "install", *uninstall, "--to", target.parent).exit_code == 0
            assert list(target.parent.iterdir()) == ([] if uninstall else [target])
            assert not target.is_symlink()
            if not uninstall:
                shutil.rmtree(target)
    assert (own / "file").read_text() == "mine"


def test_vst3_that_cannot_be_copied_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "DeepDenoise.vst3"
    target.mkdir()

    def full(source: Path, place: Path) -> None:
        place.mkdir()
        raise shutil.Error([(str(source), str(place), "[Errno 28] No space left on device")])

    monkeypatch.setattr(shutil, "copytree", full)
    done = run("vst3", "install", "--to", tmp_path)
    assert done.exit_code == 1
    assert "cannot be written: [Errno 28] No space left on device" in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux", ".vst3"),
        ("darwin", "Library/Audio/Plug-Ins/VST3"),
        ("win32", "AppData/Local/Programs/Common/VST3"),
    ],
)
def test_vst3_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, expected: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "AppData" / "Local"))
    assert user_folder() == tmp_path / expected


class FakeStream:
    """A sound device that plays a signal, then hears Ctrl-C."""

    default_input_device_name = "Microphone"
    default_output_device_name = "Loudspeaker"
    input_device_names = ("Microphone",)
    output_device_names = ("Loudspeaker", "Cable")
    signal = speechlike(1, 48000, 2)
    written: list[np.ndarray] = []  # noqa: RUF012

    def __init__(
        self,
        source: str | None,
        output: str | None,
        *,
        sample_rate: float,
        buffer_size: int,
        num_input_channels: int = 1,
    ) -> None:
        if "none" in (source, output):
            raise ValueError("no such device")
        self.num_input_channels, self.num_output_channels = (num_input_channels, 0) if source else (0, 2)
        self.sample_rate = 44100 if source == "Cassette" else sample_rate
        self.running, self.position = True, -buffer_size
        self.ignore_dropped_input = False

    @property
    def dropped_input_frame_count(self) -> int:
        """The first block comes late: 4800 samples were lost before it was read."""
        return 4800 if self.position == 0 else 0

    def __enter__(self) -> "FakeStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.running = False

    def read(self, samples: int) -> np.ndarray:
        if self.position >= self.signal.shape[1]:
            raise KeyboardInterrupt
        self.position += samples
        at = max(0, self.position - samples)
        return self.signal[: self.num_input_channels, at : at + samples]

    def write(self, audio: np.ndarray, rate: float) -> None:
        self.written.append(audio)


def test_live(fullband_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["speechenh_plugin.cli.live"], "AudioStream", FakeStream)
    FakeStream.written.clear()
    for options, channels in ((), 1), (("--channels", 2), 2):
        FakeStream.written.clear()
        assert run("live", "--model", fullband_model, *options).exit_code == 0
        played = np.concatenate(FakeStream.written, axis=1)
        expected = DeepDenoise(model=fullband_model)(FakeStream.signal[:channels], 48000)
        np.testing.assert_allclose(played, expected[:, : played.shape[1]], atol=1e-6)
        assert played.shape == (channels, 48000 - 1536)
    assert "Cable" in run("live", "--devices").output
    failed = run("live", "--input", "none", "--model", fullband_model)
    assert failed.exit_code == 1 and "no such device" in failed.stderr
    failed = run("live", "--input", "Cassette", "--model", fullband_model)
    assert failed.exit_code == 1
    assert "Cassette opens at 44100 Hz, not at 48000 Hz" in " ".join(failed.stderr.split())


def test_live_tells_what_was_lost(fullband_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[float] = []
    module = sys.modules["speechenh_plugin.cli.live"]
    monkeypatch.setattr(module, "AudioStream", FakeStream)
    draw = module.meters
    monkeypatch.setattr(module, "meters", lambda *levels: shown.append(levels[2]) or draw(*levels))
    assert run("live", "--model", fullband_model).exit_code == 0
    assert set(shown) == {0.1}
    table = draw(-20.0, -30.0, 0.1)
    assert [cell for column in table.columns for cell in column.cells][-1] == "  0.10 s"
    assert len(draw(-20.0, -30.0, 0.0).rows) == 3


def test_live_without_devices(fullband_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    none = SimpleNamespace(default_input_device_name=None, default_output_device_name=None)
    monkeypatch.setattr(sys.modules["speechenh_plugin.cli.live"], "AudioStream", none)
    result = run("live", "--model", fullband_model)
    assert result.exit_code == 1 and "there is no sound device for input" in result.stderr


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_progress_bar_on_a_terminal(fullband_model: Path, tmp_path: Path) -> None:
    import pty

    source = tmp_path / "a.wav"
    soundfile.write(source, speechlike(60, 48000, 2).T, 48000)
    command = [*DEEPDENOISE, str(source), "-o", str(tmp_path / "b.wav"), "--model", str(fullband_model)]
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(command, stderr=slave, stdout=subprocess.DEVNULL, cwd=tmp_path, env=environment)
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # the terminal was closed
            break
        if not part:
            break
        shown += part
    os.close(master)
    assert process.wait() == 0
    assert "━".encode() in shown and b"x real time" in shown and b"%" in shown
