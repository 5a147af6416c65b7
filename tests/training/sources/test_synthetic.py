"""Noises made in code."""

import numpy as np
import pytest
from mixtures import band_db

from training.data.sources.coloured import brown, pink, white
from training.data.sources.cries import cries
from training.data.sources.hum import hum
from training.data.sources.resonant import resonant
from training.data.sources.synthetic import KINDS, Synthetic

RATE = 48000


@pytest.mark.parametrize("rate", [8000, 48000])
@pytest.mark.parametrize("kind", KINDS)
def test_all_have_unit_power(kind: str, rate: int) -> None:
    for seed in range(3):
        audio = KINDS[kind](np.random.default_rng(seed), rate + 1, rate)
        assert audio.shape == (rate + 1,) and audio.dtype == np.float32
        assert np.mean(audio**2) == pytest.approx(1, rel=1e-3)
        assert np.array_equal(audio, KINDS[kind](np.random.default_rng(seed), rate + 1, rate))


@pytest.mark.parametrize(("source", "slope"), [(white, 0), (pink, 3), (brown, 6)])
def test_slopes(source, slope: float) -> None:
    audio = source(np.random.default_rng(0), 10 * RATE, RATE)
    fall = band_db(audio, 400, 600, RATE) - band_db(audio, 6400, 9600, RATE)  # four octaves
    assert fall == pytest.approx(4 * slope, abs=0.5)


def test_hum_is_mains() -> None:
    audio = hum(np.random.default_rng(2), 4 * 8000, 8000)
    peak = np.argmax(np.abs(np.fft.rfft(audio))) / 4
    assert min(peak % 50, 50 - peak % 50, peak % 60, 60 - peak % 60) < 5


def test_cries_are_voiced_calls_with_pauses() -> None:
    silent, peaks = [], []
    for seed in range(12):
        audio = cries(np.random.default_rng(seed), 4 * RATE, RATE)
        frames = audio.reshape(-1, 2400)  # 50 ms
        power = np.square(frames).mean(1)
        silent.append(np.mean(power < 1e-6))
        loudest = np.abs(np.fft.rfft(frames[np.argmax(power)] * np.hanning(2400), 8 * 2400)) ** 2
        peaks.append(loudest.max() / loudest.mean())
    assert 0.1 < np.mean(silent) < 0.8
    assert np.median(peaks) > 100  # of noise: about 12


def test_a_resonance_rings_where_it_should() -> None:
    impulse = np.zeros(RATE, np.float32)
    impulse[0] = 1
    gain = 20 * np.log10(np.abs(np.fft.rfft(resonant(impulse, RATE, [(1000.0, 12.0, 2.0)]))))
    assert gain[1000] == pytest.approx(12, abs=0.1) and abs(gain[20000]) < 0.1 and abs(gain[20]) < 0.1


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="'hums'; there are white"):
        Synthetic(share=0.1, of=("hums",))
