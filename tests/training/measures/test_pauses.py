"""Noise left in pauses, of a denoiser that takes a known share."""

import numpy as np
import pytest
from sounds import speechlike

pytest.importorskip("pesq")
from training.evaluation.measures.pauses import noise_left

RATE = 16000


def test_the_share_that_is_taken_in_pauses_is_the_number() -> None:
    time = np.arange(4 * RATE) / RATE
    speaks = np.sin(np.pi * time) > 0
    clean = (0.1 * np.sin(2 * np.pi * 200 * time) * speaks).astype(np.float32)
    noise = 0.01 * np.random.default_rng(0).standard_normal(time.size).astype(np.float32)
    noisy = clean + noise
    far = np.convolve(speaks, np.ones(RATE // 50), "same") == 0
    estimate = np.where(far, 0.1 * noisy, noisy)
    assert noise_left(estimate, noisy, clean, RATE) == pytest.approx(-20, abs=0.1)
    assert noise_left(noisy, noisy, clean, RATE) == 0
    assert noise_left(np.zeros_like(noisy), noisy, clean, RATE) == -120


def test_without_a_pause_or_without_noise_there_is_no_number() -> None:
    clean = speechlike(1, RATE)[0]
    assert np.isnan(noise_left(clean, clean, clean, RATE))
    steady = 0.1 * np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE).astype(np.float32)
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    assert np.isnan(noise_left(steady, steady + noise, steady, RATE))
