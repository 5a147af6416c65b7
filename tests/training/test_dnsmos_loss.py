"""The differentiable DNSMOS P.808, beside its network in ONNX Runtime."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import soxr
from sounds import syllables

tf = pytest.importorskip("tensorflow")

from training.objective.dnsmos_loss import RATE, layers, opinion  # noqa: E402
from training.packages import load_librosa  # noqa: E402
from training.train import main  # noqa: E402


def noisy(gain: float, seconds: int = 4) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(seconds * RATE).astype(np.float32)
    return np.tile(syllables(RATE), seconds // 4 + 1)[: seconds * RATE] + np.float32(gain) * noise


def of(samples: np.ndarray, rate: float = RATE) -> float:
    return float(opinion(samples[None], rate)[0])


def published(samples: np.ndarray) -> float:
    """As the DNS challenge's script does it: 9 s, librosa's levels."""
    import onnxruntime

    spec = importlib.util.find_spec("speechmos")
    session = onnxruntime.InferenceSession(Path(spec.origin).parent / "dnsmos_models" / "model_v8.onnx")
    powers = load_librosa().feature.melspectrogram(y=samples, sr=16000, n_fft=321, hop_length=160, n_mels=120)
    levels = ((load_librosa().power_to_db(powers, ref=np.max) + 40) / 40).T
    return float(session.run(None, {"input_1": levels[None].astype(np.float32)})[0][0, 0])


@pytest.mark.parametrize("gain", [0.0, 0.01, 0.1])
def test_it_is_the_published_network(gain: float) -> None:
    samples = noisy(gain, 9)
    assert of(samples) == pytest.approx(published(samples), abs=1e-3)


def test_noise_makes_it_worse_and_level_does_not() -> None:
    clean, faint, loud = (of(noisy(gain)) for gain in (0.0, 0.003, 0.1))
    assert clean > faint + 0.1 > loud + 0.2
    assert of(0.1 * noisy(0.1)) == pytest.approx(loud, abs=1e-3)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_a_rate_does_not_matter_but_for_its_band(rate: int) -> None:
    samples = soxr.resample(noisy(0.01), RATE, rate)
    assert of(samples, rate) == pytest.approx(of(soxr.resample(samples, rate, RATE)), abs=0.05)


def test_its_slope_takes_noise_off() -> None:
    samples = tf.Variable(noisy(0.02)[None])
    before = float(opinion(samples, RATE)[0])
    with tf.GradientTape() as tape:
        score = opinion(samples, RATE)[0]
    slope = tape.gradient(score, samples)
    samples.assign_add(1e-3 * slope / tf.reduce_max(tf.abs(slope)))
    assert float(opinion(samples, RATE)[0]) > before


def test_without_its_package_training_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "recipe.toml"
    effects = "".join(f'[[mixing.effect]]\nkind = "{kind}"\n' for kind in ("speech", "noise", "snr"))
    rest = '[network]\nname = "fullband"\n[loss]\nlow_opinion = 1.0\n[[stage]]\nname = "all"\n'
    recipe.write_text(f"[mixing]\n{effects}{rest}")
    layers.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main([str(recipe), "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "training.train: DNSMOS is missing: pip install speechmos\n"
