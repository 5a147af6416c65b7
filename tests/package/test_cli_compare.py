"""``deepdenoise compare``."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import run
from sounds import speechlike


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    path = tmp_path / "noisy speech.wav"
    soundfile.write(path, speechlike(1, 16000, 2).T, 16000, subtype="PCM_24")
    return path


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
    again = run("compare", noisy, "--model", fullband_model)
    assert again.exit_code == 1 and "exists; --overwrite replaces it, -o names another" in again.stderr
    assert run("compare", noisy, "--overwrite", "--seconds", 0.5, "--model", fullband_model).exit_code == 0
    assert sorted(path.name for path in noisy.parent.iterdir()) == ["noisy speech.wav", picture.name]
    assert report["after"]["rms_db"] < report["before"]["rms_db"]
    assert "dBFS" in run("compare", noisy, "-o", tmp_path / "c.png", "--model", fullband_model).stdout
    assert run("compare", tmp_path / "missing.wav", "--model", fullband_model).exit_code == 1
