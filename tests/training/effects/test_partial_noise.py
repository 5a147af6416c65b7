"""Noise in a part of the mixture."""

import numpy as np
from mixtures import rng, state

from training.data.effects.partial_noise import PartialNoise


def test_noise_begins_or_ends_inside() -> None:
    kinds = set()
    for seed in range(8):
        one = state()
        speech = one.speech.copy()
        PartialNoise(ramp_seconds=(0.005, 0.05))(rng(seed), one)
        ends = np.abs(one.noise[:2000]).max(), np.abs(one.noise[-2000:]).max()
        assert min(ends) < 1e-6 < 1e-3 < max(ends)
        assert np.array_equal(one.speech, speech)
        kinds.add(ends[0] < ends[1])
    assert kinds == {True, False}
