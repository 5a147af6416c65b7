"""Noise backwards."""

import numpy as np
from mixtures import rng, state

from training.data.effects.noise_reverse import NoiseReverse


def test_recorded_noise_alone_is_turned_round() -> None:
    one = state(mixed=False)
    audio = one.noises[0].audio.copy()
    NoiseReverse()(rng(), one)
    assert np.array_equal(one.noises[0].audio, audio[::-1])
    one.noises[0].recorded = False
    NoiseReverse()(rng(), one)
    assert np.array_equal(one.noises[0].audio, audio[::-1])
