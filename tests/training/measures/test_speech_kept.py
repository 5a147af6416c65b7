"""Speech kept, on tones of which each band loses a known share."""

import numpy as np
import pytest

pytest.importorskip("pesq")
from training.evaluation.measures.speech_kept import NAMES, speech_kept

RATE = 48000
TONES_HZ = (500, 1500, 3000, 6000, 12000)


def tones(gains_db: tuple[float, ...]) -> np.ndarray:
    time = np.arange(RATE) / RATE
    on = np.sin(2 * np.pi * time) > 0
    parts = (10 ** (g / 20) * np.sin(2 * np.pi * f * time) for g, f in zip(gains_db, TONES_HZ, strict=True))
    return (0.1 * on * sum(parts)).astype(np.float32)


def test_each_band_reads_its_own_gain() -> None:
    gains = (-1.0, -2.0, 0.0, -8.0, 3.0)
    clean = tones((0, 0, 0, 0, 0))
    found = speech_kept(tones(gains), clean, clean, RATE)
    assert list(found) == list(NAMES)
    assert list(found.values()) == pytest.approx(gains, abs=0.05)


def test_noise_that_is_left_counts_for_little_and_nothing_without_speech() -> None:
    clean = tones((0, 0, 0, 0, 0))
    noisy = clean + 0.01 * np.random.default_rng(0).standard_normal(clean.size).astype(np.float32)
    assert all(abs(value) < 0.5 for value in speech_kept(noisy, noisy, clean, RATE).values())
    silent = np.zeros_like(clean)
    assert np.isnan(list(speech_kept(noisy, noisy, silent, RATE).values())).all()


def test_a_low_rate_has_fewer_bands() -> None:
    clean = tones((0, 0, -120, -120, -120))[::6]
    assert list(speech_kept(clean, clean, clean, 8000)) == list(NAMES[:3])
