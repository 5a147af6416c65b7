"""``deepdenoise live``, with devices made in code."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from commands import run
from sounds import speechlike

from speechenh_plugin import denoise, devices
from speechenh_plugin.cli import terminal


class FakeStream:
    """A sound device that plays a signal, then hears Ctrl-C."""

    default_input_device_name = "Microphone"
    default_output_device_name = "Loudspeaker"
    input_device_names = ("Microphone", "Cassette", "Loopback", "Broken", "Unplugged")
    output_device_names = ("Loudspeaker", "Cable", "Microphone's jack", "Gone")
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
        if source == "Broken":
            raise ValueError("device is busy")
        self.num_input_channels, self.num_output_channels = (num_input_channels, 0) if source else (0, 2)
        if source == "Loopback":
            self.num_input_channels = 0
        if output == "Microphone's jack":
            self.num_output_channels = 0
        self.name = source or output
        self.sample_rate = 44100 if source == "Cassette" else sample_rate
        self.running, self.position = True, -buffer_size
        self.ignore_dropped_input = False

    @property
    def dropped_input_frame_count(self) -> int:
        """Of the first block that is heard, 4800 samples were lost before it was read."""
        return 4800 if self.position == 0 else 0

    @property
    def buffered_input_sample_count(self) -> int:
        return 0 if self.name == "Unplugged" and self.position > 4800 else 8192

    def close(self) -> None:
        self.running = False

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
        if self.name == "Gone":
            release.wait()
            return
        self.written.append(audio)


release = threading.Event()


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(devices, "AudioStream", FakeStream)
    monkeypatch.setattr(devices, "_PATIENCE", 0.2)
    FakeStream.written.clear()
    release.clear()
    yield
    release.set()
    for thread in threading.enumerate():
        if thread.name == devices.THREAD:
            thread.join()


@pytest.mark.parametrize(("options", "channels"), [((), 1), (("--channels", 2), 2)])
def test_what_is_heard_is_played_without_its_noise(
    fullband_model: Path, options: tuple[object, ...], channels: int
) -> None:
    assert run("live", "--model", fullband_model, *options).exit_code == 0
    played = np.concatenate(FakeStream.written, axis=1)
    expected = denoise(FakeStream.signal[:channels], 48000, model=fullband_model)
    np.testing.assert_allclose(played, expected[:, : played.shape[1]], atol=1e-6)
    assert played.shape == (channels, 48000 - 1536)


def test_devices_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in ("--list-devices", "--devices"):
        listed = run("live", option)
        assert listed.exit_code == 0 and "Cable" in listed.stdout and "Loopback" in listed.stdout
    monkeypatch.setattr(FakeStream, "input_device_names", ())
    monkeypatch.setattr(FakeStream, "output_device_names", ())
    none = run("live", "--list-devices")
    assert none.exit_code == 1 and "there is no sound device; plug one in" in none.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--input", "none"), "there is no input device 'none'; there are: Microphone, Cassette"),
        (("--output", "none"), "there is no output device 'none'; there are: Loudspeaker, Cable"),
        (("--input", "Broken"), "Broken cannot be opened: device is busy"),
        (("--input", "Cassette"), "Cassette opens at 44100 Hz, not at 48000 Hz; choose a rate that both have"),
        (("--input", "Loopback"), "Loopback has no input channel; choose another device"),
        (("--output", "Microphone's jack"), "Microphone's jack has no output channel; choose another device"),
        (("--input", "Unplugged"), "Unplugged gives no sound any more; was it unplugged?"),
        (("--output", "Gone"), "Gone takes no sound any more; was it unplugged?"),
    ],
)
def test_devices_that_cannot_be_used(
    fullband_model: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], message: str
) -> None:
    monkeypatch.setattr(terminal, "end_at_once", lambda status: None)  # as this process has more to do
    failed = run("live", *options, "--model", fullband_model)
    assert failed.exit_code == 1
    assert message in " ".join(failed.stderr.split())
    assert "'deepdenoise live --list-devices' lists all devices" in " ".join(failed.stderr.split())


@pytest.mark.parametrize(
    ("source", "output", "message"),
    [
        (None, None, "there is no sound device for input and output"),
        (None, "Loudspeaker", "there is no sound device for input;"),
        ("Microphone", None, "there is no sound device for output;"),
    ],
)
def test_without_devices(
    fullband_model: Path, monkeypatch: pytest.MonkeyPatch, source: str | None, output: str | None, message: str
) -> None:
    monkeypatch.setattr(FakeStream, "default_input_device_name", source)
    monkeypatch.setattr(FakeStream, "default_output_device_name", output)
    result = run("live", "--model", fullband_model)
    assert result.exit_code == 1 and message in " ".join(result.stderr.split())


def test_what_was_lost_is_told(fullband_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[float] = []
    module = sys.modules["speechenh_plugin.cli.live"]
    draw = module.meters
    monkeypatch.setattr(module, "meters", lambda *levels: shown.append(levels[2]) or draw(*levels))
    assert run("live", "--model", fullband_model).exit_code == 0
    assert set(shown) == {0.1}
    table = draw(-20.0, -30.0, 0.1)
    assert [cell for column in table.columns for cell in column.cells][-1] == "  0.10 s"
    assert len(draw(-20.0, -30.0, 0.0).rows) == 3
