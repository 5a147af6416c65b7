"""What libsndfile calls back for: what is raised there is not lost."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from speechenh_plugin.audio.soundfile_reader import SoundFileReader
from speechenh_plugin.audio.source import Source
from speechenh_plugin.errors import AudioFileError


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), AudioFileError("a.flac cannot be read: Input/output error")])
@pytest.mark.parametrize("calls", [0, 3])
def test_what_a_call_raises_is_raised(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    raised: BaseException,
    calls: int,
) -> None:
    noise = np.random.default_rng(0).integers(-9999, 9999, 48000, np.int16)
    soundfile.write(tmp_path / "a.flac", noise, 48000)
    source = Source(str(tmp_path / "a.flac"))
    left, read = [calls], source.readinto

    def readinto(buffer: memoryview) -> int:
        if not left[0]:
            monkeypatch.undo()
            raise raised
        left[0] -= 1
        return read(buffer)

    monkeypatch.setattr(source, "readinto", readinto)
    with pytest.raises(type(raised)):
        list(SoundFileReader(source, "keep").blocks(4096))
    source.close()
    assert capfd.readouterr().err == ""
