"""Noise that moves as another one does."""

import numpy as np
import pytest
from corpora_layouts import noise
from mixtures import band_db
from scipy import signal

from training.data.effects.vocoded import vocode

RATE = 48000


def test_the_model_moves_the_grain_of_the_audio() -> None:
    hiss, model = noise(0, 2.0, RATE), noise(1, 2.0, RATE)
    model[RATE:] *= 0.1
    low = signal.sosfilt(signal.butter(8, 2000, fs=RATE, output="sos"), model).astype(np.float32)
    moved = vocode(hiss, low, RATE)
    assert moved.shape == hiss.shape and moved.dtype == np.float32
    for half in (slice(RATE // 10, 9 * RATE // 10), slice(11 * RATE // 10, 19 * RATE // 10)):
        assert band_db(moved[half], 200, 1800, RATE) == pytest.approx(band_db(low[half], 200, 1800, RATE), abs=2)
        assert band_db(moved[half], 5000, 20000, RATE) < band_db(moved[half], 200, 1800, RATE) - 50
    assert abs(np.corrcoef(moved, low)[0, 1]) < 0.1
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    peaks = np.abs(np.fft.rfft(vocode(tone, model[:RATE], RATE) * np.hanning(RATE)))
    assert abs(int(np.argmax(peaks)) - 1000) < 30
    assert not vocode(0 * hiss, model, RATE).any() and not vocode(hiss, 0 * model, RATE).any()
