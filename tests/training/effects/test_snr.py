"""Ratio of speech to noise."""

import numpy as np
import pytest
from mixtures import rng, state

from training.audio import active_power, decibels
from training.data.effects.snr import Snr


@pytest.mark.parametrize("snr_db", [-7.5, 0.0, 20.0])
def test_the_ratio_is_the_one_asked_for(snr_db: float) -> None:
    one = state()
    Snr(range_db=(snr_db, snr_db))(rng(), one)
    ratio = decibels(active_power(one.speech, one.rate) / np.mean(one.noise.astype(np.float64) ** 2))
    assert ratio == pytest.approx(snr_db, abs=0.01) and one.snr_db == snr_db


def test_what_a_teacher_has_heard_keeps_its_ratio() -> None:
    one = state()
    one.taught, before = True, one.stems.copy()
    Snr(range_db=(20.0, 20.0))(rng(), one)
    assert np.array_equal(one.stems, before)
