"""Augmentations: pure, alike on all channels, and doing what they say."""

from collections.abc import Callable

import numpy as np
import pytest
from corpora_layouts import noise, voice
from scipy import signal

from training.data import augment
from training.data.audio import resample
from training.data.rooms import RoomBank, simulate

RATE = 48000
EFFECTS: dict[str, Callable[..., np.ndarray]] = {
    "equalise": augment.equalise,
    "tilt": augment.tilt,
    "low_pass": lambda rng, audio, rate: augment.low_pass(rng, audio, rate, (8000, 16000)),
    "telephone": augment.telephone,
    "clip": augment.clip,
    "quantise": augment.quantise,
    "steady": augment.steady,
}


def band_db(audio: np.ndarray, low: float, high: float, rate: int = RATE) -> float:
    """Mean power density of a band, in dB."""
    power = np.abs(np.fft.rfft(audio * np.hanning(len(audio)))) ** 2
    frequency = np.fft.rfftfreq(len(audio), 1 / rate)
    return float(10 * np.log10(power[(frequency >= low) & (frequency < high)].mean() + 1e-30))


@pytest.mark.parametrize("effect", EFFECTS.values(), ids=EFFECTS.keys())
def test_effects_are_pure_and_treat_channels_alike(effect: Callable[..., np.ndarray]) -> None:
    pair = np.stack([voice(0, 1.0, RATE), voice(0, 1.0, RATE)])
    before = pair.copy()
    once = effect(np.random.default_rng(3), pair, RATE)
    again = effect(np.random.default_rng(3), pair, RATE)
    others = [effect(np.random.default_rng(seed), pair, RATE) for seed in range(6)]
    assert np.array_equal(pair, before)
    assert np.array_equal(once, again)
    assert not all(np.array_equal(once, other) for other in others)
    assert np.array_equal(once[0], once[1])
    assert once.dtype == np.float32 and np.isfinite(once).all()
    assert np.allclose(effect(np.random.default_rng(3), pair[0], RATE), once[0], atol=1e-6)


@pytest.mark.parametrize("effect", [augment.equalise, augment.tilt])
def test_colour_stays_within_bounds(effect: Callable[..., np.ndarray]) -> None:
    impulse = np.zeros(RATE, np.float32)
    impulse[0] = 1
    for seed in range(20):
        response = effect(np.random.default_rng(seed), impulse, RATE, max_db=6.0)
        gain = 20 * np.log10(np.abs(np.fft.rfft(response)))
        assert gain.min() > -19 and gain.max() < 19  # at most three sections of 6 dB
        assert np.ptp(gain) > 0.1


def test_single_precision_filters_are_quiet() -> None:
    sections = np.stack([augment._shelf(80.0, 9.0, RATE, "low"), augment._peak(150.0, -9.0, 2.0, RATE)])
    wave = noise(0, rate=RATE)
    error = augment._filter(sections, wave) - signal.sosfilt(sections, wave.astype(np.float64))
    assert 10 * np.log10(np.mean(error**2) / np.mean(wave**2)) < -70


def test_tilt_turns_about_1_khz() -> None:
    impulse = np.zeros(RATE, np.float32)
    impulse[0] = 1
    gain = 20 * np.log10(np.abs(np.fft.rfft(augment.tilt(np.random.default_rng(0), impulse, RATE))))
    assert gain[20] == pytest.approx(-gain[20000], abs=0.2)
    assert abs(gain[1000]) < 0.2


def test_low_pass_leaves_nothing_above() -> None:
    wave = noise(0, rate=RATE)
    cut = augment.low_pass(np.random.default_rng(0), wave, RATE, (8000,))
    assert cut.shape == wave.shape
    assert band_db(cut, 4200, 24000) < band_db(cut, 300, 3500) - 100
    assert band_db(cut, 300, 3500) == pytest.approx(band_db(wave, 300, 3500), abs=0.1)
    assert augment.low_pass(np.random.default_rng(0), wave, RATE, (96000,)) is wave


def test_telephone_band() -> None:
    wave = noise(0, rate=RATE)
    cut = augment.telephone(np.random.default_rng(0), wave, RATE)
    assert band_db(cut, 500, 3000) == pytest.approx(band_db(wave, 500, 3000), abs=1)
    assert band_db(cut, 8000, 20000) < band_db(wave, 8000, 20000) - 30
    assert band_db(cut, 20, 80) < band_db(wave, 20, 80) - 20
    assert np.isfinite(augment.telephone(np.random.default_rng(0), noise(0, rate=6000), 6000)).all()


def test_clip_flattens_a_share_of_the_first_channel() -> None:
    pair = np.stack([noise(0), 10 * noise(1)])
    clipped = augment.clip(np.random.default_rng(0), pair, 16000)
    level = np.abs(clipped).max()
    share = np.mean(np.abs(pair[0]) >= level)
    assert 1e-4 / 2 < share < 0.03
    assert np.abs(clipped[1]).max() == level
    assert np.array_equal(clipped[0][np.abs(pair[0]) < level], pair[0][np.abs(pair[0]) < level])


def test_quantise_adds_little_noise() -> None:
    wave = voice(0)
    for seed in range(8):
        error = augment.quantise(np.random.default_rng(seed), wave, 16000) - wave
        ratio = 10 * np.log10(np.mean(wave**2) / np.mean(error**2))
        assert 15 < ratio < 70


def test_extend_band_fills_the_treble_with_the_consonants() -> None:
    speech = resample(voice(0, rate=16000), 16000, RATE)
    wide = augment.extend_band(np.random.default_rng(0), speech, RATE, 8000)
    assert band_db(wide, 200, 7000) == pytest.approx(band_db(speech, 200, 7000), abs=0.1)
    assert band_db(wide, 8200, 12000) > band_db(speech, 8200, 12000) + 40
    assert band_db(wide, 20500, 24000) < band_db(wide, 8200, 12000) - 40
    quiet = np.abs(speech) < 1e-6
    loud = np.abs(speech) > 0.01
    treble = wide - speech
    assert np.mean(treble[quiet] ** 2) < 0.05 * np.mean(treble[loud] ** 2)


def test_steady_keeps_the_spectrum_and_evens_out_the_time() -> None:
    burst = noise(0, 2.0, RATE)
    burst[RATE // 2 :] *= 0.01
    even = augment.steady(np.random.default_rng(0), burst, RATE)
    before, after = (np.abs(np.fft.rfft(audio))[1:-1] for audio in (burst, even))
    np.testing.assert_allclose(after, before, rtol=1e-2, atol=1e-2)
    quarters = np.square(even).reshape(4, -1).mean(axis=1)
    assert quarters.max() < 1.5 * quarters.min()


def test_glide_bends_a_tone_and_keeps_its_length() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE).astype(np.float32)
    bent = augment.glide(np.random.default_rng(1), tone, RATE)
    assert bent.shape == tone.shape and bent.dtype == np.float32
    assert np.array_equal(bent, augment.glide(np.random.default_rng(1), tone, RATE))
    tops = [np.argmax(np.abs(np.fft.rfft(part * np.hanning(len(part))))) * 20 for part in bent.reshape(-1, RATE // 20)]
    assert 600 < min(tops) < 900 < 1100 < max(tops) < 1700
    for samples in (1, 2, 300):
        assert augment.glide(np.random.default_rng(0), tone[:samples], RATE).shape == (samples,)


def test_vocode_moves_as_the_model_in_the_grain_of_the_audio() -> None:
    hiss, model = noise(0, 2.0, RATE), noise(1, 2.0, RATE)
    model[RATE:] *= 0.1
    low = signal.sosfilt(signal.butter(8, 2000, fs=RATE, output="sos"), model).astype(np.float32)
    moved = augment.vocode(hiss, low, RATE)
    assert moved.shape == hiss.shape and moved.dtype == np.float32
    for half in (slice(RATE // 10, 9 * RATE // 10), slice(11 * RATE // 10, 19 * RATE // 10)):
        assert band_db(moved[half], 200, 1800) == pytest.approx(band_db(low[half], 200, 1800), abs=2)
        assert band_db(moved[half], 5000, 20000) < band_db(moved[half], 200, 1800) - 50
    assert abs(np.corrcoef(moved, low)[0, 1]) < 0.1
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    peaks = np.abs(np.fft.rfft(augment.vocode(tone, model[:RATE], RATE) * np.hanning(RATE)))
    assert abs(int(np.argmax(peaks)) - 1000) < 30
    assert not augment.vocode(0 * hiss, model, RATE).any() and not augment.vocode(hiss, 0 * model, RATE).any()


def test_convolve_is_convolution() -> None:
    responses = np.stack([noise(1, 0.01), noise(2, 0.01)])
    got = augment.convolve(noise(0), responses)
    assert np.allclose(got[1], np.convolve(noise(0), responses[1])[:16000], atol=1e-5)


@pytest.mark.parametrize("rate", [8000, 48000])
@pytest.mark.parametrize("source", [*augment.SOURCES, augment.cries], ids=lambda source: source.__name__)
def test_sources_have_unit_power(source: Callable[..., np.ndarray], rate: int) -> None:
    for seed in range(5):
        audio = source(np.random.default_rng(seed), rate + 1, rate)
        assert audio.shape == (rate + 1,) and audio.dtype == np.float32
        assert np.mean(audio**2) == pytest.approx(1, rel=1e-3)
        assert np.array_equal(audio, source(np.random.default_rng(seed), rate + 1, rate))


@pytest.mark.parametrize(("source", "slope"), [(augment.white, 0), (augment.pink, 3), (augment.brown, 6)])
def test_slopes_of_noises(source: Callable[..., np.ndarray], slope: float) -> None:
    audio = source(np.random.default_rng(0), 10 * RATE, RATE)
    fall = band_db(audio, 400, 600) - band_db(audio, 6400, 9600)  # four octaves
    assert fall == pytest.approx(4 * slope, abs=0.5)


def test_hum_is_mains() -> None:
    audio = augment.hum(np.random.default_rng(2), 4 * 8000, 8000)
    peak = np.argmax(np.abs(np.fft.rfft(audio))) / 4
    assert min(peak % 50, 50 - peak % 50, peak % 60, 60 - peak % 60) < 5


def test_cries_are_voiced_calls_with_pauses() -> None:
    silent, peaks = [], []
    for seed in range(12):
        audio = augment.cries(np.random.default_rng(seed), 4 * RATE, RATE)
        frames = audio.reshape(-1, 2400)  # 50 ms
        power = np.square(frames).mean(1)
        silent.append(np.mean(power < 1e-6))
        loudest = np.abs(np.fft.rfft(frames[np.argmax(power)] * np.hanning(2400), 8 * 2400)) ** 2
        peaks.append(loudest.max() / loudest.mean())
    assert 0.1 < np.mean(silent) < 0.8
    assert np.median(peaks) > 100  # of noise: about 12


def test_bursts_begin_at_once_and_die_away() -> None:
    for seed in range(12):
        audio = augment.bursts(np.random.default_rng(seed), 4 * RATE, RATE)
        power = np.square(audio).reshape(-1, 240).mean(1)  # 5 ms
        peak = np.argmax(power)
        assert power.max() > 5
        assert power[max(0, peak - 20) : max(1, peak - 7)].min() < 0.5 * power.max()


def test_rooms() -> None:
    room = simulate(np.random.default_rng(0), 16000)
    assert room.speech.shape == room.early.shape
    assert np.sum(room.speech**2) == pytest.approx(1, rel=1e-4)
    assert np.argmax(np.abs(room.speech)) < 0.05 * 16000
    assert np.array_equal(room.early[:800], room.speech[:800])  # 50 ms
    assert not room.early[1100:].any()
    assert 0.1 <= room.seconds <= 0.8


def test_room_bank_does_not_depend_on_the_order_of_draws() -> None:
    one, two = RoomBank(8000, size=3), RoomBank(8000, size=3)
    rng = np.random.default_rng(0)
    drawn = {room.seconds: room for room in (one.draw(rng) for _ in range(20))}
    rng = np.random.default_rng(9)
    for room in (two.draw(rng) for _ in range(20)):
        assert np.array_equal(room.speech, drawn[room.seconds].speech)
    assert len(drawn) == 3


def test_reverberation_decays_in_about_the_time_asked_for() -> None:
    ratios = []
    for seed in range(8):
        room = simulate(np.random.default_rng(seed), 16000)
        energy = np.cumsum(room.noise[::-1] ** 2)[::-1]  # Schroeder's integral, of the distant source
        decay = 10 * np.log10(energy / energy[0] + 1e-12)
        seconds = 3 * (np.argmax(decay < -25) - np.argmax(decay < -5)) / 16000  # T20: 20 dB, taken to 60
        ratios.append(seconds / room.seconds)
    assert all(0.3 < ratio < 2 for ratio in ratios)
    assert 0.6 < np.median(ratios) < 1.4
