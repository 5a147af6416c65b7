"""Spectra tilted about 1 kHz."""

import numpy as np
import pytest
from mixtures import rng, state

from training.data.effects.tilt import Tilt
from training.data.state import SPEECH

RATE = 48000


def test_it_turns_about_1_khz() -> None:
    one = state(1.0, RATE)
    impulse = np.zeros(RATE, np.float32)
    impulse[RATE // 2] = 1
    one.put(SPEECH, impulse)
    Tilt()(rng(), one)
    gain = 20 * np.log10(np.abs(np.fft.rfft(one.speech)))
    assert abs(gain[60]) > 0.5 and gain[60] == pytest.approx(-gain[20000], abs=0.3)
    assert abs(gain[1000]) < 0.3
