"""Speech without its recording's own noise."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import speechlike

from training.audio import decibels
from training.data import remove_floor

RATE = 16000


@pytest.fixture
def voice() -> np.ndarray:
    """Four calls of a voice, with pauses between them that hold nothing."""
    voice = speechlike(4.0, RATE)[0]
    return voice * np.repeat([1, 0, 1, 0, 1, 0, 1, 0], len(voice) // 8).astype(np.float32)


def hiss(samples: int, level_db: float) -> np.ndarray:
    noise = np.random.default_rng(3).standard_normal(samples).astype(np.float32)
    return noise * np.float32(10 ** (level_db / 20))


def test_pauses_become_quiet_and_the_voice_stays(voice: np.ndarray) -> None:
    noise = hiss(len(voice), -55.0)
    cleaned = remove_floor.subtract(voice + noise, RATE)
    assert cleaned.dtype == np.float32 and cleaned.shape == voice.shape
    pauses = np.zeros(len(voice), bool)
    for start in range(1, 8, 2):
        pauses[start * RATE // 2 + RATE // 16 : (start + 1) * RATE // 2 - RATE // 16] = True
    left = np.mean(np.square(cleaned[pauses])) / np.mean(np.square(noise[pauses]))
    assert -remove_floor.LIMIT_DB < decibels(left) < -17
    error = np.mean(np.square(cleaned - voice)), np.mean(np.square(noise))
    assert decibels(error[0] / error[1]) < 0  # nearer to the voice than the recording was
    assert remove_floor.depth(cleaned, RATE) > remove_floor.depth(voice + noise, RATE) + 17


def test_a_lower_limit_takes_less(voice: np.ndarray) -> None:
    noisy = voice + hiss(len(voice), -55.0)
    less, more = (remove_floor.depth(remove_floor.subtract(noisy, RATE, limit), RATE) for limit in (6.0, 12.0))
    assert more - less == pytest.approx(6, abs=1.5)


def test_an_onset_is_kept(voice: np.ndarray) -> None:
    noise = hiss(RATE * 4, -60.0)
    noise[2 * RATE] += 0.3  # a click
    assert remove_floor.subtract(noise, RATE)[2 * RATE] > 0.25


@pytest.mark.parametrize("audio", [np.zeros(0), np.zeros(RATE), 0.1 * np.ones(300)], ids=["none", "silence", "short"])
def test_what_tells_nothing_of_its_floor_stays(audio: np.ndarray) -> None:
    audio = audio.astype(np.float32)
    assert np.array_equal(remove_floor.subtract(audio, RATE), audio)
    assert remove_floor.depth(audio, RATE) == np.inf


def test_a_folder_is_cleaned(voice: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "raw", tmp_path / "clean"
    (source / "kim").mkdir(parents=True)
    noisy = voice + hiss(len(voice), -55.0)
    soundfile.write(source / "kim/one.wav", noisy, RATE, subtype="FLOAT")
    soundfile.write(source / "hiss.flac", hiss(RATE, -20.0), RATE)
    run = [str(source), str(out), "--least", "40", "--workers", "1"]
    assert remove_floor.main(run) == 0
    assert capsys.readouterr().out == f"{out}: 1 of 2 recordings\n"
    assert [path.relative_to(out).as_posix() for path in out.rglob("*.*")] == ["kim/one.flac"]
    audio, rate = soundfile.read(out / "kim/one.flac", dtype="float32")
    assert rate == RATE and np.abs(audio - remove_floor.subtract(noisy, RATE)).max() < 1e-6


def test_what_cannot_be_cleaned_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "raw", tmp_path / "clean"
    source.mkdir()

    def refusal(to: Path = out) -> str:
        assert remove_floor.main([str(source), str(to), "--workers", "1"]) == 1
        assert not out.exists()
        return capsys.readouterr().err

    assert refusal() == f"training.data.remove_floor: {source} holds no audio file.\n"
    (source / "a.wav").write_text("no sound")
    assert "a.wav is not audio" in refusal()
    assert "not overwritten" in refusal(source)
    (source / "a.flac").write_text("no sound")
    assert "differ in their ending only" in refusal()
