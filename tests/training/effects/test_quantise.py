"""Rounding of codecs."""

import numpy as np
from mixtures import rng, state

from training.data.effects.quantise import Quantise, mu_law, rounded


def test_rounding_is_noise() -> None:
    for seed in range(8):
        one, before = state(), state()
        Quantise()(rng(seed), one)
        error = one.noisy - before.noisy
        assert 15 < 10 * np.log10(np.mean(before.noisy**2) / np.mean(error**2)) < 70
        assert np.array_equal(one.target, before.target)


def test_values_are_those_of_the_codec() -> None:
    audio = np.linspace(-1, 1, 400001, dtype=np.float32)
    assert len(np.unique(mu_law(audio))) == 255
    assert len(np.unique(rounded(audio, 8))) == 257
