"""Loudness: measured as pyloudnorm measures it, set with no true peak above the ceiling."""

import tracemalloc
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import scipy.signal
import soundfile
from commands import run
from sounds import speechlike

from speechenh_plugin import denoise, loudness
from speechenh_plugin.batch import batch

CEILING = 10 ** (loudness.TRUE_PEAK_DB / 20)
HIGHEST = 10 ** ((loudness.TRUE_PEAK_DB + 0.6) / 20)  # four values a sample miss so much of the treble (BS.1770-4)


def measure(audio: np.ndarray, rate: int, sizes: tuple[int, ...] = (65536,)) -> float:
    meter = loudness.Meter(rate, len(audio))
    start, number = 0, 0
    while start < audio.shape[1]:
        size = sizes[number % len(sizes)]
        meter.add(audio[:, start : start + size])
        start, number = start + size, number + 1
    return meter.loudness


def dense_peak(audio: np.ndarray) -> float:
    """Peak of the signal at 16 times the rate, by Fourier interpolation, away from its ends."""
    return float(np.abs(scipy.signal.resample(audio, 16 * audio.shape[1], axis=1))[:, 1600:-1600].max())


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_loudness_is_pyloudnorms(rate: int, channels: int) -> None:
    audio = speechlike(7.3, rate, channels)
    audio[:, rate : 2 * rate] *= 0.001  # a pause that the gate leaves out
    expected = pyloudnorm.Meter(rate).integrated_loudness(audio.T)
    assert measure(audio, rate) == pytest.approx(expected, abs=0.02)
    assert measure(audio, rate, (1, 777, 12345)) == pytest.approx(measure(audio, rate), abs=1e-9)


def test_a_sine_of_the_standard() -> None:
    """A 997 Hz sine of full scale in one channel is at -3.01 LUFS (BS.1770-4)."""
    sine = np.sin(2 * np.pi * 997 * np.arange(5 * 48000) / 48000)[np.newaxis].astype(np.float32)
    assert measure(sine, 48000) == pytest.approx(-3.01, abs=0.1)
    assert measure(np.concatenate([sine, sine]), 48000) == pytest.approx(0.0, abs=0.1)
    surround = np.zeros((6, sine.shape[1]), np.float32)
    surround[3] = sine[0]  # the subwoofer's channel does not count
    assert measure(surround, 48000) == -np.inf
    for channels, louder in ((4, {2, 3}), (6, {4, 5}), (8, {6, 7})):  # those at 60 to 120 degrees, by 1.5 dB
        for channel in set(range(channels)) - {3} | louder:
            one = np.zeros((channels, sine.shape[1]), np.float32)
            one[channel] = sine[0]
            assert measure(one, 48000) == pytest.approx(-3.01 + 1.49 * (channel in louder), abs=0.1)


def test_nothing_has_no_loudness() -> None:
    assert loudness.Meter(48000, 1).loudness == -np.inf
    assert measure(np.zeros((1, 48000), np.float32), 48000) == -np.inf
    assert measure(speechlike(0.39, 48000), 48000) == -np.inf


@pytest.mark.parametrize("rate", [8000, 48000, 96000, 192000])
def test_peaks_between_samples(rate: int) -> None:
    """A sine of a quarter of the rate, sampled 45 degrees from its peaks, has true peaks 3 dB above its samples."""
    sine = np.sin(np.pi / 2 * np.arange(4000) + np.pi / 4)[np.newaxis].astype(np.float32)
    found = loudness.true_peaks(sine, rate)
    assert found.shape == (4000,)
    at_crests, at_crossings = found[100:-100:2], found[101:-100:2]
    np.testing.assert_allclose(at_crests, 1.0 if rate < 192000 else np.sqrt(0.5), atol=0.01)
    np.testing.assert_allclose(at_crossings, np.sqrt(0.5), atol=0.01)


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (48000, 2)])
def test_no_peak_passes_the_limiter(rate: int, channels: int) -> None:
    audio = 6 * speechlike(2, rate, channels)
    limited = loudness.limit(audio, rate, CEILING)
    assert dense_peak(audio) > 1.5 * CEILING
    assert dense_peak(limited) < HIGHEST
    faint = 0.1 * speechlike(1, rate, channels)
    assert loudness.limit(faint, rate, CEILING) is faint


@pytest.mark.parametrize("target", [-30.0, -16.0, -9.0])
def test_a_programme_gets_its_loudness(target: float) -> None:
    rate = 48000
    audio = speechlike(8, rate, 2)
    audio[:, 4 * rate] = 0.9
    told: list[float] = []
    blocks = [audio[:, start : start + 50000] for start in range(0, audio.shape[1], 50000)]
    result = np.concatenate([*loudness.levelled(iter(blocks), rate, 2, target, tell=told.append)], axis=1)
    assert result.shape == audio.shape and result.dtype == np.float32
    assert measure(result, rate) == pytest.approx(target, abs=0.06)
    assert dense_peak(result) < HIGHEST
    assert told[: len(blocks)] == sorted(told[: len(blocks)]) and told[-1] == 8.0
    if target == -30.0:  # without peaks to limit it is a gain and nothing else
        gain = result[0, 1000] / audio[0, 1000]
        np.testing.assert_allclose(result, gain * audio, rtol=1e-5, atol=1e-7)


def test_where_a_block_ends_is_not_heard() -> None:
    rate = 16000
    audio = 4 * speechlike(12, rate)  # three chunks
    [whole] = [np.concatenate([*loudness.levelled(iter([audio]), rate, 1, -10.0)], axis=1)]
    gain = 10 ** ((-10.0 - measure(audio, rate)) / 20)
    assert np.abs(np.diff(whole[0] / np.where(np.abs(audio[0]) > 0.05, audio[0], np.inf))).max() < 2 * gain
    small = np.concatenate([*loudness.levelled(iter(np.split(audio, 12, axis=1)), rate, 1, -10.0)], axis=1)
    np.testing.assert_array_equal(whole, small)


@pytest.mark.parametrize("audio", [np.zeros((1, 48000)), speechlike(0.3, 48000), 1e-5 * speechlike(2, 48000)])
def test_what_holds_no_speech_is_refused(audio: np.ndarray) -> None:
    with pytest.raises(ValueError, match="holds no speech that could be brought to -16 LUFS"):
        next(loudness.levelled(iter([audio.astype(np.float32)]), 48000, 1, -16.0))


def test_peaks_that_stand_in_the_way_are_told() -> None:
    clicks = np.zeros((1, 4 * 16000), np.float32)
    clicks[:, ::400] = 1.0
    with pytest.raises(
        ValueError, match=r"cannot be brought to -5 LUFS .* its peaks leave -\d+\.\d LUFS; choose a lower"
    ):
        next(loudness.levelled(iter([clicks]), 16000, 1, -5.0))


def test_swings_of_level_are_no_hindrance() -> None:
    random = np.random.default_rng(3)
    swings = np.repeat(10 ** (random.uniform(-40, 0, 60) / 20), 3200)
    audio = (0.5 * swings * random.normal(0, 1, len(swings)))[np.newaxis].astype(np.float32)
    for target in (-20.0, -16.0, -13.0):
        result = np.concatenate([*loudness.levelled(iter([audio]), 16000, 1, target)], axis=1)
        assert measure(result, 16000) == pytest.approx(target, abs=0.25)


@pytest.mark.parametrize(
    ("mask", "channel", "weight"),
    [(0xB, 2, 0), (0xF, 3, 0), (0x33, 3, 1.41), (0x63F, 4, 1), (0x63F, 6, 1.41), (0x107, 3, 1)],
)
def test_a_loudspeaker_has_its_weight(mask: int, channel: int, weight: float) -> None:
    noise = np.zeros((mask.bit_count(), 48000), np.float32)
    noise[channel] = np.random.default_rng(0).normal(0, 0.1, 48000)
    meter, alone = loudness.Meter(48000, len(noise), mask), loudness.Meter(48000, 1)
    meter.add(noise)
    alone.add(noise[channel : channel + 1])
    expected = alone.loudness + 10 * np.log10(weight) if weight else -np.inf
    assert meter.loudness == pytest.approx(expected, abs=1e-6)


def test_memory_is_constant() -> None:
    block = speechlike(1, 48000, 2)

    def peak(seconds: int) -> int:
        tracemalloc.start()
        for _ in loudness.levelled((block for _ in range(seconds)), 48000, 2, -16.0):
            pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(60) < 1.2 * peak(10)


def test_on_the_command_line_and_in_batches(fullband_model: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    source = tmp_path / "in" / "a.wav"
    audio = speechlike(3, 16000, 2)
    soundfile.write(source, audio.T, 16000, subtype="FLOAT")
    out = tmp_path / "a.flac"
    assert run(source, "-o", out, "--loudness", -16, "--model", fullband_model).exit_code == 0
    result, rate = soundfile.read(out, dtype="float32")
    assert result.shape == audio.T.shape
    assert pyloudnorm.Meter(rate).integrated_loudness(result) == pytest.approx(-16, abs=0.1)
    plain = denoise(audio, 16000, model=fullband_model)
    assert np.corrcoef(plain[0], result.T[0])[0, 1] > 0.99
    report = batch(tmp_path / "in", tmp_path / "out", model=fullband_model, loudness=-20)
    assert report.count("done") == 1
    result, _ = soundfile.read(tmp_path / "out" / "a.wav")
    assert pyloudnorm.Meter(rate).integrated_loudness(result) == pytest.approx(-20, abs=0.1)
    assert batch(tmp_path / "in", tmp_path / "out", model=fullband_model, loudness=-20).count("skipped") == 1
    assert batch(tmp_path / "in", tmp_path / "out", model=fullband_model, loudness=-23).count("done") == 1
    soundfile.write(source, np.zeros(16000), 16000)
    failed = run(source, "-o", out, "--overwrite", "--loudness", -16, "--model", fullband_model)
    assert failed.exit_code == 1
    assert "it holds no speech that could be brought to -16 LUFS" in " ".join(failed.stderr.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.flac", "in", "out"]
