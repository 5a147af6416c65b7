"""Treble that ends somewhere."""

import numpy as np
import pytest
from corpora_layouts import noise
from mixtures import band_db, rng, state

from training.data.effects.low_pass import LowPass

RATE = 48000


def test_nothing_is_left_above_in_speech_and_noise_alike() -> None:
    one, wave = state(1.0, RATE), noise(1, 1.0, RATE)
    speech = one.speech.copy()
    LowPass(rates=(8000,))(rng(), one)
    assert band_db(one.noise, 4100, 24000, RATE) < band_db(wave, 300, 3500, RATE) - 90
    assert band_db(one.speech, 4100, 24000, RATE) < band_db(speech, 300, 3500, RATE) - 90
    assert band_db(one.noise, 300, 3500, RATE) == pytest.approx(band_db(wave, 300, 3500, RATE), abs=0.1)


def test_cuts_are_drawn_anew() -> None:
    ends = []
    for seed in range(6):
        one = state(0.5, RATE)
        LowPass(cut_hz=(3000.0, 20000.0))(rng(seed), one)
        levels = np.array([band_db(one.noise, f, f + 500, RATE) for f in range(0, 24000, 500)])
        ends.append(int(np.argmax(levels < levels[2:4].mean() - 60)) * 500)
    assert len(set(ends)) > 3 and min(ends) >= 3000 and max(ends) <= 20500


def test_a_cut_above_the_band_changes_nothing() -> None:
    one, before = state(), state()
    LowPass(rates=(96000,))(rng(), one)
    assert np.array_equal(one.stems, before.stems)
