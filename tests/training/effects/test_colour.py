"""Colours of microphones and rooms."""

import numpy as np
import pytest
from mixtures import rng, state

from training.data.effects.colour import Colour
from training.data.state import NOISE, SPEECH

RATE = 48000


def impulses() -> tuple[object, np.ndarray]:
    one = state(1.0, RATE)
    impulse = np.zeros(RATE, np.float32)
    impulse[RATE // 2] = 1
    one.put(SPEECH, impulse)
    one.put(NOISE, impulse)
    return one, impulse


@pytest.mark.parametrize("of", ["speech", "noise", "mixture"])
def test_colour_is_given_to_what_it_is_of(of: str) -> None:
    one, impulse = impulses()
    Colour(of=of)(rng(2), one)
    changed = [np.abs(stem - impulse).max() > 0.01 for stem in one.stems]
    assert changed == [of in ("speech", "mixture"), of in ("noise", "mixture")]


def test_colour_stays_within_bounds() -> None:
    for seed in range(10):
        one, _ = impulses()
        Colour(max_db=6.0)(rng(seed), one)
        gain = 20 * np.log10(np.abs(np.fft.rfft(one.speech)) + 1e-9)
        assert gain.min() > -19 and gain.max() < 19  # at most three of 6 dB
        assert np.ptp(gain) > 0.1
        assert np.array_equal(one.speech, one.noise)
