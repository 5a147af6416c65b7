"""Fricatives kept, on hiss between tones."""

import numpy as np
import pytest
import scipy.signal

pytest.importorskip("pesq")
from training.evaluation.measures.fricatives import fricatives_kept


def sounds(rate: int, hiss_gain: float, tone_gain: float = 1.0) -> np.ndarray:
    """A tone for half a second, and hiss in the upper half of the band for another."""
    time = np.arange(rate) / rate
    hiss = scipy.signal.sosfilt(
        scipy.signal.butter(8, min(5000, 0.6 * rate / 2), "high", fs=rate, output="sos"),
        np.random.default_rng(0).standard_normal(rate),
    )
    tone = np.sin(2 * np.pi * 300 * time)
    return (0.1 * np.where(time < 0.5, tone_gain * tone, hiss_gain * hiss)).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_only_the_hiss_counts(rate: int) -> None:
    clean = sounds(rate, 1.0)
    estimate = sounds(rate, 10 ** (-6 / 20), tone_gain=0.1)
    assert fricatives_kept(estimate, clean, clean, rate) == pytest.approx(-6, abs=0.2)


def test_without_a_fricative_there_is_no_number() -> None:
    clean = sounds(16000, 0.0)
    assert np.isnan(fricatives_kept(clean, clean, clean, 16000))
