"""Noise whose speed wanders."""

import numpy as np
from mixtures import rng, state

from training.data.effects.noise_glide import NoiseGlide

RATE = 48000


def test_a_tone_bends_and_keeps_its_length() -> None:
    one = state(2.0, RATE, mixed=False)
    one.noises[0].audio = np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE).astype(np.float32)
    NoiseGlide()(rng(1), one)
    parts = one.noises[0].audio.reshape(-1, RATE // 20)
    assert len(one.noises[0].audio) == 2 * RATE
    tops = [np.argmax(np.abs(np.fft.rfft(part * np.hanning(len(part))))) * 20 for part in parts]
    assert 600 < min(tops) < 900 < 1100 < max(tops) < 1700
