"""What libsndfile calls back for: what is raised there is not lost."""

import errno
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speechenh_plugin.audio.soundfile_reader import SoundFileReader
from speechenh_plugin.audio.source import Source
from speechenh_plugin.errors import AudioFileError

FAILED = AudioFileError("a.flac cannot be read: Input/output error")


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), FAILED])
def test_what_a_call_raises_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], raised: BaseException
) -> None:
    noise = np.random.default_rng(0).integers(-9999, 9999, 480000, np.int16)
    soundfile.write(tmp_path / "a.flac", noise, 48000)
    source = Source(str(tmp_path / "a.flac"))
    reader = SoundFileReader(source, "keep")

    def readinto(buffer: memoryview) -> int:
        raise raised

    monkeypatch.setattr(source, "readinto", readinto)
    with pytest.raises(type(raised)) as caught:
        list(reader.blocks(4096))
    assert caught.value is raised and not reader.notes
    with pytest.raises(type(raised)) as caught:
        SoundFileReader(source, "keep")
    assert caught.value is raised
    source.close()
    assert capfd.readouterr().err == ""


def test_what_the_system_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "a.flac", np.zeros(4800, np.int16), 48000)
    source = Source(str(tmp_path / "a.flac"))

    def seek(offset: int, whence: int = 0) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(source, "seek", seek)
    with pytest.raises(AudioFileError, match="a.flac cannot be read: Input/output error"):
        SoundFileReader(source, "keep")
