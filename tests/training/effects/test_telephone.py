"""The telephone band."""

import numpy as np
import pytest
from corpora_layouts import noise
from mixtures import band_db, rng, state

from training.data.effects.telephone import Telephone

RATE = 48000


def test_the_band_stays_and_the_rest_goes() -> None:
    one = state(1.0, RATE)
    wave = noise(1, 1.0, RATE)
    Telephone()(rng(), one)
    assert band_db(one.noise, 600, 2500, RATE) == pytest.approx(band_db(wave, 600, 2500, RATE), abs=1)
    assert band_db(one.noise, 8000, 20000, RATE) < band_db(wave, 8000, 20000, RATE) - 25
    assert band_db(one.noise, 20, 80, RATE) < band_db(wave, 20, 80, RATE) - 20
    narrow = state(0.5, 6000)
    Telephone()(rng(), narrow)
    assert np.isfinite(narrow.stems).all()
