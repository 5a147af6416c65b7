"""The differentiable model of PESQ, beside PESQ itself."""

import math

import numpy as np
import pytest
from sounds import speechlike, syllables

tf = pytest.importorskip("tensorflow")

from training.network.features import Stft  # noqa: E402
from training.objective.pesq_loss import distance  # noqa: E402

# From a listening quality back to the raw score (ITU-T P.862.1 and P.862.2).
MAPPINGS = {8000: ("nb", 1.4945, 4.6607), 16000: ("wb", 1.3669, 3.8224)}


def powers(samples: np.ndarray, rate: int) -> np.ndarray:
    return (np.abs(Stft(rate)(samples[None])) ** 2).astype(np.float32)


def of(degraded: np.ndarray, clean: np.ndarray, rate: int) -> float:
    return float(distance(powers(degraded, rate), powers(clean, rate), Stft(rate))[0])


@pytest.mark.parametrize("rate", [8000, 16000])
def test_it_follows_pesq_over_noises_and_levels(rate: int) -> None:
    pesq = pytest.importorskip("pesq")
    mode, slope, shift = MAPPINGS[rate]
    clean = syllables(rate)
    random = np.random.default_rng(0)
    white = random.standard_normal(len(clean)).astype(np.float32)
    noises = (white, np.convolve(white, np.ones(8) / 8, "same").astype(np.float32))
    scores, estimates = [], []
    for noise in noises:
        for snr in (0, 6, 12, 18, 24, 30):
            noisy = clean + noise * np.float32(10 ** (-snr / 20) * clean.std() / noise.std())
            raw = (shift - math.log(4 / (pesq.pesq(rate, clean, noisy, mode) - 0.999) - 1)) / slope
            scores.append(raw)
            estimates.append(4.5 - of(noisy, clean, rate))
    assert np.corrcoef(scores, estimates)[0, 1] > 0.9


def test_a_perfect_copy_and_silence_have_none() -> None:
    clean = syllables(16000)
    assert of(clean, clean, 16000) < 2e-3
    assert of(clean, np.zeros_like(clean), 16000) == 0


def test_level_and_slow_colour_do_not_count() -> None:
    clean = syllables(16000)
    duller = np.convolve(clean, [0.7, 0.3], "same").astype(np.float32)
    noise = np.random.default_rng(0).standard_normal(len(clean)).astype(np.float32)
    noisy = clean + 0.1 * noise
    assert of(0.5 * clean, clean, 16000) < 0.2
    assert of(duller, clean, 16000) < 0.5
    assert of(noisy, clean, 16000) > 1
    assert of(0.3 * noisy, clean, 16000) == pytest.approx(of(noisy, clean, 16000), rel=1e-3)


def test_what_is_added_counts_more_than_what_is_missing() -> None:
    noise = np.abs(np.random.default_rng(0).standard_normal((1, 100, 257))).astype(np.float32)
    gap, hole, filled = noise.copy(), noise.copy(), noise.copy()
    gap[:, :, 60:100] *= 0.01
    filled[:, :50], filled[:, 60:] = gap[:, :50], gap[:, 60:]
    hole[:, 50:60, 60:100] *= 0.01
    stft = Stft(16000)
    assert distance(filled, gap, stft)[0] > 1.3 * distance(hole, noise, stft)[0]


def test_the_slope_is_finite_where_one_of_two_is_silent() -> None:
    clean = np.concatenate([powers(speechlike(1, 16000)[0], 16000), np.zeros((1, 125, 257), np.float32)])
    estimate = tf.Variable(np.ascontiguousarray(clean[::-1]))
    with tf.GradientTape() as tape:
        value = distance(estimate, clean, Stft(16000))
    assert np.isfinite(value).all()
    assert np.isfinite(tf.convert_to_tensor(tape.gradient(value, estimate))).all()
