"""Mixtures that begin while somebody speaks."""

import numpy as np
from mixtures import rng, state

from training.data.effects.begin_within_speech import BeginWithinSpeech
from training.data.state import NOISE, SPEECH


def test_the_first_frames_hold_speech_and_nothing_is_lost() -> None:
    for seed in range(10):
        one = state()
        speech, noise = one.speech.copy(), one.noise.copy()
        speech[:6000] = 0
        one.put(SPEECH, speech)
        BeginWithinSpeech()(rng(seed), one)
        assert np.mean(one.speech[:320] ** 2) > 10**-2.6 * np.mean(speech.reshape(-1, 320) ** 2, axis=1).max()
        assert np.mean(one.speech**2) > 0.97 * np.mean(speech**2)
        assert np.array_equal(one.stems[NOISE], noise)


def test_silence_stays() -> None:
    one = state()
    one.put(SPEECH, 0 * one.speech)
    BeginWithinSpeech()(rng(), one)
    assert not one.speech.any()
