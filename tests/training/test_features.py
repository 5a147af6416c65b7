"""Spectra and features, in double precision where the input is."""

import numpy as np
import pytest
from sounds import speechlike

keras = pytest.importorskip("keras")
from training.network.features import Stft, active, front_end, hop_length, triangles  # noqa: E402
from training.network.front_end import band_centers, fullband, narrowband  # noqa: E402
from training.packages import load_librosa  # noqa: E402

RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000]


def double(ends, seconds: float, rate: int):
    """Spectra of a signal in double precision."""
    return ends.stft(speechlike(seconds, rate).astype(float))


@pytest.mark.parametrize(
    ("rate", "hop"), [(8000, 64), (11025, 88), (16000, 128), (22050, 176), (44100, 352), (48000, 384), (96000, 768)]
)
def test_hop_is_near_8_ms(rate: int, hop: int) -> None:
    assert hop_length(rate) == hop


@pytest.mark.parametrize("rate", RATES)
def test_spectra_equal_librosas(rate: int) -> None:
    x = speechlike(0.5, rate)
    stft = Stft(rate)
    wanted = load_librosa().stft(
        x[0].astype(float), n_fft=stft.size, hop_length=stft.hop, window="hamming", pad_mode="constant"
    )
    window = load_librosa().filters.get_window("hamming", stft.size)
    got = np.asarray(stft(x.astype(float)))[0]
    # librosa's frame k is centred on hop k, ours ends with hop t.
    frames = min(len(got) - 1, wanted.shape[1])
    np.testing.assert_allclose(got[1 : frames + 1], wanted.T[:frames] * 2 / window.sum(), atol=1e-9)


@pytest.mark.parametrize("rate", RATES)
def test_inverse_gives_back_the_signal(rate: int) -> None:
    x = speechlike(0.3, rate)
    stft = Stft(rate)
    back = np.asarray(stft.inverse(stft(x)))
    assert back.shape == (1, x.shape[1] // stft.hop * stft.hop)
    end = back.shape[1] - 3 * stft.hop
    np.testing.assert_allclose(back[:, :end], x[:, :end], atol=1e-6)


def test_fewer_hops_than_a_window_has_are_a_spectrum_each() -> None:
    stft = Stft(8000)
    x = speechlike(0.2, 8000)
    whole = np.asarray(stft(x))
    for hops in (1, 2, 3):
        part = stft(x[:, : hops * stft.hop + 5])
        np.testing.assert_allclose(part, whole[:, :hops], atol=1e-7)
        assert stft.inverse(part).shape == (1, hops * stft.hop)


def test_a_full_scale_sine_has_magnitude_one() -> None:
    for rate in RATES:
        stft = Stft(rate)
        sine = np.sin(2 * np.pi * stft.frequencies[40] * np.arange(rate) / rate)[None]
        np.testing.assert_allclose(np.abs(stft(sine))[0, 10:, 40], 1, atol=1e-9)


def test_from_hop_to_hop_a_bin_turns_by_as_many_quarters_of_a_circle_as_its_number() -> None:
    for rate in RATES:
        stft = Stft(rate)
        for number in (5, 6, 7, 8):
            sine = np.sin(2 * np.pi * stft.frequencies[number] * np.arange(rate) / rate)[None]
            of_bin = np.asarray(stft(sine))[0, 10:, number]
            np.testing.assert_allclose(of_bin[1:] / of_bin[:-1], 1j**number, atol=1e-6)


def test_narrowband_frames_are_standardised() -> None:
    ends = front_end(narrowband(), 16000)
    frames = np.asarray(ends.inputs(double(ends, 0.5, 16000))["input"])[0, 5:, :, 0]
    np.testing.assert_allclose(frames.mean(1), 0, atol=1e-9)
    np.testing.assert_allclose(frames.std(1), 1, atol=1e-9)


def test_the_narrowband_target_is_met_by_the_clean_signal() -> None:
    ends = front_end(narrowband(), 8000)
    noisy = double(ends, 0.5, 8000)
    clean = 0.7 * noisy
    estimate = ends.estimate({"magnitude": ends.target(noisy, clean)}, noisy)
    np.testing.assert_allclose(estimate, clean, atol=1e-12)


def test_above_4_khz_the_top_of_the_band_leads() -> None:
    ends = front_end(narrowband(), 16000)
    noisy = double(ends, 0.2, 16000)
    outputs = {"magnitude": ends.target(noisy, 0.5 * noisy)}
    np.testing.assert_allclose(ends.gains(outputs, noisy)[0, 5:, 129:], 0.5, atol=1e-9)


def test_silence_is_finite() -> None:
    for declaration in (narrowband(), fullband(low_bins=40)):
        ends = front_end(declaration, 16000)
        for values in ends.inputs(ends.stft(np.zeros((1, 1600), np.float32))).values():
            assert np.isfinite(np.asarray(values)).all()


def test_bands_measure_a_tone_alike_at_all_rates() -> None:
    levels = []
    for rate in (16000, 44100, 48000):
        ends = front_end(fullband(), rate)
        tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)[None]
        levels.append(np.asarray(ends.inputs(ends.stft(tone))["bands"])[0, 20, :60, 0].max())
    np.testing.assert_allclose(levels, levels[0], atol=0.03)


def test_bands_above_nyquist_hold_the_floor() -> None:
    declaration = fullband()
    ends = front_end(declaration, 16000)
    bands = np.asarray(ends.inputs(double(ends, 0.3, 16000))["bands"])[0, :, :, 0]
    above = np.array(declaration["centers"]) > 8500
    np.testing.assert_allclose(bands[:, above], (10 * np.log10(1e-11) + 60) / 25, atol=1e-9)


@pytest.mark.parametrize("rate", RATES)
def test_triangles_sum_to_one_at_each_bin(rate: int) -> None:
    weights = triangles(np.array(band_centers()), Stft(rate).frequencies)
    np.testing.assert_allclose(weights.sum(0), 1, atol=1e-12)
    assert (weights >= 0).all()


def test_a_deep_filter_of_one_past_tap_delays_by_a_frame() -> None:
    ends = front_end(fullband(low_bins=40, taps=2), 16000)
    noisy = double(ends, 0.3, 16000)
    shape = noisy.shape[:2]
    taps = keras.ops.convert_to_tensor(np.broadcast_to(np.array([-1.0, 1.0, 0.0, 0.0]), (*shape, 40, 4)))
    estimate = ends.estimate({"gains": np.ones((*shape, 129, 1)), "filter": taps}, noisy)
    np.testing.assert_allclose(estimate[:, 1:, :40], noisy[:, :-1, :40], atol=1e-12)
    np.testing.assert_allclose(estimate[:, :, 40:], noisy[:, :, 40:], atol=1e-12)


def test_frames_are_active_within_40_db_of_the_loudest() -> None:
    levels_db = np.array([[0, -39, -41, -70], [-50, -89, -89.5, -95], [-100, -100, -120, -130]], np.float32)
    powers = np.repeat(10 ** (levels_db / 10)[..., None] / 129, 129, -1)
    wanted = [[True, True, False, False], [True, True, True, False], [False] * 4]
    assert np.asarray(active(powers)).tolist() == wanted


def test_errors_are_clear() -> None:
    with pytest.raises(ValueError, match="neither narrowband nor fullband"):
        front_end({"kind": "cepstrum"}, 8000)
    with pytest.raises(ValueError, match="at least 8000 Hz"):
        front_end(narrowband(), 4000)


def test_relative_features_do_not_know_the_level() -> None:
    ends = front_end(fullband(low_bins=32, level_seconds=1.0), 16000)
    noisy = double(ends, 1.5, 16000)
    usual = ends.inputs(noisy)
    for gain in (1e-3, 10.0):
        for name, values in ends.inputs(gain * noisy).items():
            np.testing.assert_allclose(values, usual[name], atol=1e-4)


def test_the_level_is_the_mean_power_of_the_frames_so_far() -> None:
    ends = front_end(fullband(level_seconds=0.5), 16000)
    noisy = double(ends, 1.5, 16000)
    powers = np.sum(np.abs(np.asarray(noisy)) ** 2, -1)[0]
    keep, total, weight = np.exp(-0.008 / 0.5), 0.0, 0.0
    for t, (power, relative) in enumerate(zip(powers, np.asarray(ends.inputs(noisy)["bands"])[0], strict=True)):
        total, weight = keep * total + power, keep * weight + 1
        absolute = np.abs(np.asarray(noisy)[0, t]) ** 2 @ (ends.triangles / ends.triangles.sum(1, keepdims=True)).T
        wanted = (10 * np.log10(absolute[:100] / (total / weight) + 2e-9) + 38) / 25
        np.testing.assert_allclose(relative[:60, 0], wanted[:60], atol=1e-4)
