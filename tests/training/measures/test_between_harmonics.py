"""The level between harmonics, of a pulse train with as much white noise as wanted."""

import numpy as np
import pytest

pytest.importorskip("pesq")
from training.evaluation.measures.between_harmonics import WINDOW_SECONDS, between_harmonics

PITCH = 200


def voice(rate: int, seconds: float = 2.0) -> np.ndarray:
    """All harmonics of 200 Hz below 3 kHz, each of amplitude 0.02."""
    time = np.arange(int(seconds * rate)) / rate
    return 0.02 * sum(np.cos(2 * np.pi * PITCH * k * time + k * k) for k in range(1, 15))


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_white_noise_of_a_known_level_is_found(rate: int) -> None:
    clean = voice(rate).astype(np.float32)
    assert between_harmonics(clean, clean, rate) < -50
    # A harmonic's power in a frame is A²/4 (sum w)² / sum w², and the noise has its own power in each bin.
    size = round(WINDOW_SECONDS * rate)
    peak = 0.02**2 / 4 * (size / 2) ** 2 / (3 / 8 * size)
    for wanted in (-20, -10):
        noise = np.sqrt(peak * 10 ** (wanted / 10)) * np.random.default_rng(0).standard_normal(clean.size)
        got = between_harmonics((clean + noise).astype(np.float32), clean, rate)
        # The mean of decibels of a few noisy bins lies below the decibels of their mean, and noise adds to peaks.
        assert wanted - 1.5 < got < wanted + 0.5


def test_level_does_not_matter_and_silence_has_none() -> None:
    clean = voice(16000).astype(np.float32)
    noisy = clean + 0.01 * np.random.default_rng(0).standard_normal(clean.size).astype(np.float32)
    assert between_harmonics(0.1 * noisy, clean, 16000) == pytest.approx(between_harmonics(noisy, clean, 16000))
    silent = np.zeros_like(clean)
    assert np.isnan(between_harmonics(silent, silent, 16000))
    assert np.isnan(between_harmonics(silent, clean, 16000))
