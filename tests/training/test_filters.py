"""Filters: responses do what they say, without delay."""

import numpy as np
import pytest
from corpora_layouts import noise

from training.data import filters

RATE = 48000


def flat(rate: int) -> filters.Response:
    return np.ones(len(filters.grid(rate)), np.float32)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_a_flat_response_changes_nothing(rate: int) -> None:
    audio = np.stack([noise(seed, 0.7, rate) for seed in range(3)])
    same = filters.filtered(audio, np.stack([flat(rate)] * 3), rate)
    assert same.dtype == np.float32
    np.testing.assert_allclose(same, audio, atol=1e-6)


def test_each_signal_has_its_own_response() -> None:
    audio = np.stack([noise(0, 0.5, RATE)] * 2)
    made = filters.filtered(audio, np.stack([flat(RATE), 0.5 * flat(RATE)]), RATE)
    np.testing.assert_allclose(made[1], 0.5 * made[0], atol=1e-6)


def test_shelves_and_peaks_have_the_gain_asked_for() -> None:
    frequencies = filters.grid(RATE)
    decibels = 20 * np.log10(filters.shelf(RATE, 1000.0, 6.0, "high"))
    assert decibels[0] == pytest.approx(0, abs=0.01) and decibels[-1] == pytest.approx(6, abs=0.01)
    assert decibels[np.argmin(np.abs(frequencies - 1000))] == pytest.approx(3, abs=0.2)
    low = 20 * np.log10(filters.shelf(RATE, 1000.0, -6.0, "low"))
    assert low[0] == pytest.approx(-6, abs=0.01) and low[-1] == pytest.approx(0, abs=0.01)
    peak = 20 * np.log10(filters.peak(RATE, 3000.0, 9.0, 1.0))
    assert peak.max() == pytest.approx(9, abs=0.05)
    assert frequencies[np.argmax(peak)] == pytest.approx(3000, abs=30)


def test_a_low_pass_leaves_nothing() -> None:
    response, frequencies = filters.low_pass(RATE, 4000.0), filters.grid(RATE)
    assert np.all(response[frequencies < 3790] == 1) and np.abs(response[frequencies >= 4000]).max() < 1e-6


def test_an_impulse_stays_where_it_is() -> None:
    audio = np.zeros((1, RATE), np.float32)
    audio[0, [0, 20000, RATE - 1]] = 1
    made = filters.filtered(audio, filters.low_pass(RATE, 12000.0)[None], RATE)
    assert [int(np.argmax(part)) for part in (made[0, :100], made[0, 19000:21000], made[0, -100:])] == [0, 1000, 99]


def test_convolve_is_convolution() -> None:
    responses = np.stack([noise(1, 0.01), noise(2, 0.01)])
    got = filters.convolve(noise(0), responses)
    assert np.allclose(got[1], np.convolve(noise(0), responses[1])[:16000], atol=1e-5)


def test_the_band_of_a_lower_rate() -> None:
    wave = noise(0, 1.0, RATE)
    spectrum = np.abs(np.fft.rfft(filters.band_of(16000, wave, RATE)))
    assert spectrum[8700:].max() < 1e-2 * spectrum[:7000].mean()
    assert filters.band_of(96000, wave, RATE) is wave
