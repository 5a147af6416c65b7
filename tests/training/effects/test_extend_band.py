"""Treble for speech that has none."""

import numpy as np
import pytest
from corpora_layouts import voice
from mixtures import band_db, rng, state

from training.audio import resample
from training.data.effects.extend_band import ExtendBand
from training.data.state import SPEECH

RATE = 48000


def test_the_treble_follows_the_consonants() -> None:
    one = state(2.0, RATE)
    speech = resample(voice(0, rate=16000), 16000, RATE)
    one.put(SPEECH, speech)
    one.bandwidth_hz = 8000.0
    ExtendBand()(rng(), one)
    wide = one.speech
    assert one.bandwidth_hz == 20000
    assert band_db(wide, 200, 7000, RATE) == pytest.approx(band_db(speech, 200, 7000, RATE), abs=0.1)
    assert band_db(wide, 8200, 12000, RATE) > band_db(speech, 8200, 12000, RATE) + 40
    assert band_db(wide, 20500, 24000, RATE) < band_db(wide, 8200, 12000, RATE) - 40
    treble = wide - speech
    assert np.mean(treble[np.abs(speech) < 1e-6] ** 2) < 0.05 * np.mean(treble[np.abs(speech) > 0.01] ** 2)


def test_a_wide_voice_stays() -> None:
    one = state(0.5, RATE)
    before = one.speech.copy()
    ExtendBand()(rng(), one)
    assert np.array_equal(one.speech, before) and one.bandwidth_hz == 24000
