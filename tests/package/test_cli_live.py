"""``deepdenoise live``, with devices made in code."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from commands import run
from sounds import speechlike

from speechenh_plugin import DeepDenoise


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
