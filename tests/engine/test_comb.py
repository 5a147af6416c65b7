"""A comb at the pitch of a voice: what lies between its harmonics goes down, in the engine as in Keras."""

import numpy as np
import pytest
from engine_models import fixed_outputs
from engine_reference import processed
from sounds import speechlike, voice

from speechenh_plugin.engine import Network, Processor

keras = pytest.importorskip("keras")
from training.network import features  # noqa: E402
from training.network.front_end import BANDS, fullband  # noqa: E402

GAIN = 0.5


def gains(gain: float = GAIN) -> dict[str, np.ndarray]:
    """Outputs of a network that asks for the same gain everywhere."""
    return {"gains": np.full((BANDS, 1), gain)}


def engine(rate: int, most: float, gain: float = GAIN, channels: int = 1, lookahead: int = 0) -> Processor:
    front_end = fullband(comb=most, lookahead=lookahead)
    return Processor(Network(fixed_outputs(front_end, **gains(gain))), rate, channels=channels)


@pytest.mark.parametrize("lookahead", [0, 2])
@pytest.mark.parametrize("rate", [8000, 11025, 14500, 16000, 44100, 48000, 192000])
def test_engine_computes_what_keras_does(rate: int, lookahead: int) -> None:
    noise = 0.02 * np.random.default_rng(1).standard_normal(rate)
    pitch = 150 + 60 * np.sin(2 * np.pi * np.arange(rate) / rate)
    spoken = sum(np.sin(2 * np.pi * k * np.cumsum(pitch) / rate) for k in range(1, 16))
    samples = (0.03 * spoken + noise).astype(np.float32)
    ends = features.front_end(fullband(comb=0.7), rate)
    size = ends.stft.size
    spectra = ends.stft(np.pad(samples, (0, size))[None].astype(np.float32))
    outputs = {role: np.broadcast_to(x, (1, spectra.shape[1], *x.shape)) for role, x in gains().items()}
    outputs = {role: x.astype(np.float32) for role, x in outputs.items()}
    wanted = np.asarray(ends.stft.inverse(ends.estimate(outputs, spectra)))[0]
    got = processed(engine(rate, 0.7, lookahead=lookahead), samples[None])[0]
    assert differs(engine(rate, 0.7), engine(rate, 0.0), samples)
    count = min(len(wanted), len(got)) - size
    np.testing.assert_allclose(got[:count], wanted[:count], atol=1e-4 * np.abs(wanted).max())


@pytest.mark.parametrize("rate", [8000, 48000])
@pytest.mark.parametrize("pitch", [90.0, 137.0, 233.0])
def test_noise_between_harmonics_goes_down_and_a_voice_stays(rate: int, pitch: float) -> None:
    spoken = voice(rate, pitch)
    noise = 1e-3 * np.random.default_rng(0).standard_normal(rate).astype(np.float32)
    tones = GAIN * spoken
    kept = processed(engine(rate, 1.0), spoken[None])[0]
    steady = slice(rate // 4, -rate // 8)
    assert np.std(kept[steady] - tones[steady]) < 0.05 * np.std(tones[steady])
    plain = processed(engine(rate, 0.0), (spoken + noise)[None])[0][steady] - tones[steady]
    combed = processed(engine(rate, 1.0), (spoken + noise)[None])[0][steady] - kept[steady]
    frequencies = np.fft.rfftfreq(len(plain), 1 / rate)
    between = (np.abs((frequencies / pitch) % 1 - 0.5) < 0.1) & (frequencies < 3500) & (frequencies > pitch)
    power = [np.sum(np.abs(np.fft.rfft(x * np.hanning(len(x))))[between] ** 2) for x in (plain, combed)]
    assert 10 * np.log10(power[1] / power[0]) < -8


def test_what_gains_leave_whole_is_left_whole_by_the_comb() -> None:
    sound = speechlike(1.0, 16000)[0]
    np.testing.assert_array_equal(processed(engine(16000, 1.0, gain=1.0), sound[None])[0], sound)


def test_a_limit_of_0_db_lets_the_input_pass() -> None:
    sound = speechlike(1.0, 16000)[0]
    assert differs(engine(16000, 0.6), engine(16000, 0.0), sound)
    passed = processed(engine(16000, 0.6), sound[None], reduction_limit_db=0.0)[0]
    np.testing.assert_allclose(passed, sound, atol=1e-6)


@pytest.mark.parametrize("hertz", [50.0, 63.0])
def test_hum_is_no_voice(hertz: float) -> None:
    hum = 0.1 * np.sin(2 * np.pi * hertz * np.arange(16000) / 16000).astype(np.float32)
    assert not differs(engine(16000, 0.6), engine(16000, 0.0), hum)


def test_channels_that_part_go_on_from_the_pitch_they_shared() -> None:
    both, one, plain = engine(16000, 0.6, channels=2), engine(16000, 0.6), engine(16000, 0.0)
    sound = speechlike(1.0, 16000)[0]
    assert differs(one, plain, sound)
    first = both.process(np.stack([sound] * 2))
    one.reset()
    np.testing.assert_allclose(first[0], one.process(sound), atol=1e-6)
    apart = both.process(np.stack([sound] * 2), stereo_link=False)
    np.testing.assert_allclose(apart[1], one.process(sound), atol=1e-6)


def test_a_stream_at_strength_zero_follows_the_pitch_all_the_same() -> None:
    spoken = voice(16000, 120.0)
    on, off = engine(16000, 0.6), engine(16000, 0.6)
    on.process(spoken)
    off.process(spoken, strength=0.0)
    later = [processor.process(spoken)[1600:] for processor in (on, off)]
    np.testing.assert_array_equal(*later)


def test_more_than_the_whole_of_another_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="comb"):
        Network(fixed_outputs(fullband(comb=1.5), **gains()))


def test_output_ends_a_window_and_two_hops_after_the_input() -> None:
    spoken, hop = voice(16000, 100.0), 128
    combed, plain = engine(16000, 1.0), engine(16000, 0.0)
    padded, end = np.pad(spoken, (0, 16000)), len(spoken) + combed.latency
    out, without = combed.process(padded), plain.process(padded)
    assert np.abs(out[end : end + hop]).max() > 1e-3  # the last frames hear the voice a period later
    assert np.abs(without[end:]).max() < 1e-6
    assert not np.any(out[end + (4 + 2) * hop :])


def differs(one: Processor, other: Processor, sound: np.ndarray) -> bool:
    """Whether two streams make audibly different sounds of the same."""
    return bool(np.abs(one.process(sound) - other.process(sound)).max() > 1e-3)
