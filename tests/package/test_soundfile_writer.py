"""What libsndfile calls back for: what is raised there is not lost."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import speechlike

from speechenh_plugin import denoise_file
from speechenh_plugin.audio import soundfile_writer


class Interrupted:
    """Bytes whose writing is interrupted."""

    def __len__(self) -> int:
        raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["b.flac", "b.ogg"])
def test_an_interrupt_amid_a_write_ends_it(
    fullband_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(5.0, 16000).T.astype(np.float32), 16000)
    calls: list[object] = []

    def view(data: object) -> object:
        calls.append(data)
        return Interrupted() if len(calls) == 3 else memoryview(data)  # type: ignore[arg-type]

    monkeypatch.setattr(soundfile_writer, "memoryview", view, raising=False)
    with pytest.raises(KeyboardInterrupt):
        denoise_file(tmp_path / "a.wav", tmp_path / name, model=fullband_model)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav"]
    assert capfd.readouterr().err == ""
