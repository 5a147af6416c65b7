"""The comb as training computes it: the period that is found, and the frame that lies that period earlier."""

import numpy as np
import pytest
from sounds import voice

pytest.importorskip("keras")
from training.network.features import Stft
from training.network.features.comb import Comb, window_overlap


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
@pytest.mark.parametrize("pitch", [75.0, 110.0, 187.3, 301.0, 390.0])
def test_the_period_of_a_voice_is_found(rate: int, pitch: float) -> None:
    stft = Stft(rate)
    periods, voiced = map(np.asarray, Comb(stft).pitch(np.abs(stft(voice(rate, pitch)[None])) ** 2))
    np.testing.assert_allclose(periods[0, 5:], 1 / pitch, rtol=0.02)
    assert np.mean(voiced[0, 5:]) > (0.7 if pitch > 100 else 0.3)  # a window holds two periods of the lowest


def test_noise_silence_and_hum_are_no_voice() -> None:
    stft = Stft(16000)
    noise = np.random.default_rng(0).standard_normal((1, 16000)).astype(np.float32)
    t = np.arange(16000) / 16000
    hums = [np.sin(2 * np.pi * f * t)[None].astype(np.float32) for f in (50.0, 63.0)]
    for sound in (noise, 0 * noise, *hums):
        _, voiced = Comb(stft).pitch(np.abs(np.asarray(stft(sound))) ** 2)
        assert not np.any(np.asarray(voiced)[0, 5:])


def test_powers_of_the_past_count_less() -> None:
    stft = Stft(16000)
    first, second = (np.abs(np.asarray(stft(voice(16000, pitch)[None]))) ** 2 for pitch in (120.0, 250.0))
    periods = np.asarray(Comb(stft).pitch(np.concatenate([first, second], 1))[0])[0]
    np.testing.assert_allclose(periods[[100, 135]], [1 / 120, 1 / 250], rtol=0.02)


@pytest.mark.parametrize("rate", [8000, 48000])
def test_the_earlier_frame_is_the_signals_own_past(rate: int) -> None:
    stft, delay = Stft(rate), 77.25 / 8000
    t = np.arange(rate) / rate
    tones = [(f, phase) for phase, f in enumerate((310.0, 1234.5, 2900.0))]
    signals = [sum(np.sin(2 * np.pi * f * (t - d) + p) for f, p in tones)[None] for d in (0.0, delay)]
    now, earlier = (np.asarray(stft(x.astype(np.float32))) for x in signals)
    got = np.asarray(Comb(stft).earlier(now, np.full((1, now.shape[1]), delay, np.float32)))
    np.testing.assert_allclose(got[:, 8:], earlier[:, 8:, :128], atol=5e-3)


def test_samples_are_those_of_the_spectra() -> None:
    stft = Stft(16000)
    noise = np.random.default_rng(0).standard_normal((2, 1280)).astype(np.float32)
    np.testing.assert_allclose(np.asarray(stft.samples(stft(noise))), noise, atol=1e-5)


def test_the_overlap_is_the_windows_circular_autocorrelation() -> None:
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(4096) / 4096)
    wanted = np.fft.irfft(np.abs(np.fft.rfft(window)) ** 2)
    lags = np.arange(0, 2048, 64)
    np.testing.assert_allclose(window_overlap(lags / 4096 * 0.032), wanted[lags] / wanted[0], atol=1e-5)
