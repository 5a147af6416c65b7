"""Mixtures: levels, ratios, targets, and clips that cannot be used."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpora_layouts import RATE, folder, noise, voice

from training.data.audio import active_power, bandwidth, decibels
from training.data.corpora import CorpusError, Folder
from training.data.mixing import FULLBAND, REFERENCE, Mixer, MixSettings, Mixture
from training.data.sampler import loop


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Folder], list[Folder]]:
    root = tmp_path_factory.mktemp("corpora")
    speech = folder(root / "speech", *(f"{who}-{n}.wav" for who in "ab" for n in range(3)))
    noises = root / "noise"
    noises.mkdir()
    for seed, seconds in enumerate((0.05, 1.5, 9.0)):
        soundfile.write(noises / f"{seed}.wav", noise(seed, seconds), RATE)
    return [Folder(speech, split="train")], [Folder(noises, split="train")]


def mixer(corpora: tuple[list[Folder], list[Folder]], settings: MixSettings) -> Mixer:
    return Mixer(*corpora, settings)


def same(one: Mixture, two: Mixture) -> bool:
    return (
        np.array_equal(one.noisy, two.noisy)
        and np.array_equal(one.clean, two.clean)
        and (one.speech, one.noise, one.effects, one.snr_db, one.bandwidth_hz)
        == (two.speech, two.noise, two.effects, two.snr_db, two.bandwidth_hz)
    )


@pytest.mark.parametrize("snr_db", [0.0, -7.5, 20.0])
def test_snr_is_the_one_asked_for(corpora, snr_db: float) -> None:
    made = mixer(corpora, replace(REFERENCE, snr_db=(snr_db, snr_db))).mix(1)
    assert made.noisy.shape == made.clean.shape == (32000,)
    rest = (made.noisy - made.clean).astype(np.float64)
    assert decibels(active_power(made.clean, 8000) / np.mean(rest**2)) == pytest.approx(snr_db, abs=0.05)
    assert made.snr_db == snr_db
    assert made.speech[0].startswith("folder:speech/") and made.noise[0].startswith("folder:noise/")


def test_reference_cuts_silence_out(corpora) -> None:
    made = mixer(corpora, replace(REFERENCE, silence_top_db=20.0)).mix(1)
    kept = mixer(corpora, replace(REFERENCE, silence_top_db=None)).mix(1)

    def quiet(audio: np.ndarray) -> float:
        frames = np.mean(audio.reshape(-1, 160) ** 2, axis=1)
        return float(np.mean(frames < 1e-4 * frames.max()))

    assert quiet(made.clean) < 0.6 * quiet(kept.clean)


def test_the_seed_alone_decides(corpora) -> None:
    settings = replace(FULLBAND, seconds=1.0, rooms=2)
    one, two = mixer(corpora, settings), mixer(corpora, replace(settings, cache_bytes=1))
    first = [one.mix([5, k]) for k in range(8)]
    again = [two.mix([5, k]) for k in reversed(range(8))][::-1]
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert not same(first[0], one.mix([6, 0]))


def test_every_effect_happens_and_stays_finite(corpora) -> None:
    made = mixer(corpora, replace(FULLBAND, seconds=1.0, rooms=2))
    seen: set[str] = set()
    noises: set[str] = set()
    for seed in range(120):
        mixture = made.mix(seed)
        for audio in (mixture.noisy, mixture.clean):
            assert audio.shape == (48000,) and audio.dtype == np.float32
            assert np.isfinite(audio).all() and np.abs(audio).max() <= 1
        seen.update(mixture.effects)
        noises.update(name.split("/")[0] for name in mixture.noise)
    assert seen >= {"reverb", "low_pass", "clip", "quantise", "extend", "telephone", "speed", "noise_glide", "vocoded"}
    assert noises == {"folder:noise", "synthetic", "babble", "cries", "creature"}


def test_clean_only_and_noise_only(corpora) -> None:
    clean = mixer(corpora, replace(REFERENCE, clean_only=1.0)).mix(0)
    assert np.array_equal(clean.noisy, clean.clean) and clean.noise == () and clean.snr_db == np.inf
    silent = mixer(corpora, replace(REFERENCE, noise_only=1.0)).mix(0)
    assert not silent.clean.any() and silent.noisy.any() and silent.speech == () and silent.snr_db == -np.inf
    assert silent.bandwidth_hz == 4000  # silence is known at every frequency


def test_level(corpora) -> None:
    for level in (-45.0, -20.0):
        made = mixer(corpora, replace(REFERENCE, level_dbfs=(level, level))).mix(3)
        assert decibels(active_power(made.noisy, 8000)) == pytest.approx(level, abs=0.1)
    loud = mixer(corpora, replace(REFERENCE, level_dbfs=(6.0, 6.0))).mix(3)
    assert np.abs(loud.noisy).max() == pytest.approx(0.99, abs=1e-4)


def test_bandwidth_of_the_speech_is_told(corpora) -> None:
    plain = replace(REFERENCE, sample_rate=48000, silence_top_db=None)
    assert mixer(corpora, plain).mix(0).bandwidth_hz == pytest.approx(7600, abs=1)
    wide = mixer(corpora, replace(plain, extend=1.0)).mix(0)
    assert wide.bandwidth_hz == 20000
    assert bandwidth(wide.clean, 48000) > 15000


def test_device_effects_are_in_the_target_except_rounding(corpora) -> None:
    base = replace(REFERENCE, clean_only=1.0, level_dbfs=(-20.0, -20.0))
    for name in ("mix_eq", "mix_tilt", "telephone", "clip", "low_pass"):
        settings = replace(base, **{name: 1.0}, low_pass_rates=(4000,))
        made = mixer(corpora, settings).mix(0)
        assert np.array_equal(made.noisy, made.clean)
        assert not np.array_equal(made.clean, mixer(corpora, base).mix(0).clean)
    rounded = mixer(corpora, replace(base, quantise=1.0)).mix(0)
    assert np.array_equal(rounded.clean, mixer(corpora, base).mix(0).clean)
    assert len(np.unique(rounded.noisy)) < 2000


def test_rooms_in_the_target(corpora) -> None:
    base = replace(REFERENCE, silence_top_db=None, reverb=1.0, rooms=4)
    wet = mixer(corpora, replace(base, clean_only=1.0)).mix(4)
    assert np.array_equal(wet.noisy, wet.clean)
    dry = mixer(corpora, replace(base, clean_only=1.0, early_target=True)).mix(4)
    assert np.allclose(dry.noisy, wet.noisy, atol=1e-6)
    assert 0 < np.mean(dry.clean**2) < np.mean(dry.noisy**2)


def test_partial_noise_begins_or_ends_inside(corpora) -> None:
    made = mixer(corpora, replace(REFERENCE, partial_noise=1.0)).mix(0)
    rest = made.noisy - made.clean
    ends = np.abs(rest[:4000]).max(), np.abs(rest[-4000:]).max()
    assert min(ends) < 1e-6 < 1e-3 < max(ends)


def test_short_noise_is_looped_or_scattered(corpora, tmp_path: Path) -> None:
    tick = tmp_path / "noise"
    tick.mkdir()
    soundfile.write(tick / "tick.wav", noise(0, 0.05), RATE)
    both = (corpora[0], [Folder(tick, split="train")])
    settings = replace(REFERENCE, noise_only=1.0, silence_top_db=None)
    looped = mixer(both, settings).mix(0).noisy
    scattered = mixer(both, replace(settings, noise_pause_seconds=(0.2, 0.5))).mix(0).noisy

    def silent(audio: np.ndarray) -> float:
        return float(np.mean(np.abs(audio.reshape(-1, 80)).max(axis=1) < 1e-6))

    assert silent(looped) == 0
    assert silent(scattered) > 0.5


def test_noise_is_played_faster_backwards_or_made_steady(corpora) -> None:
    base = replace(REFERENCE, noise_only=1.0, silence_top_db=None)
    plain = mixer(corpora, base).mix(0)
    for effect in ("noise_speed", "noise_reverse", "steady"):
        made = mixer(corpora, replace(base, **{effect: 1.0})).mix(0)
        assert made.effects == (effect,)
        assert not np.allclose(made.noisy, plain.noisy, atol=1e-3)


def test_noise_speeds_are_kept(corpora, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 500 * np.arange(10 * RATE) / RATE), RATE)
    settings = replace(REFERENCE, noise_only=1.0, noise_speed=1.0, noise_speeds=(2.0, 2.0))
    made = Mixer(corpora[0], [Folder(tmp_path, split="train")], settings).mix(0)
    spectrum = np.abs(np.fft.rfft(made.noisy))
    assert np.argmax(spectrum) / settings.seconds == pytest.approx(1000, abs=2)


def test_loop_has_no_seam() -> None:
    tone = np.sin(2 * np.pi * 50 * np.arange(1000) / 8000).astype(np.float32)
    assert np.abs(np.diff(loop(tone, 5000, 123, 8000))).max() < 0.06


def test_unusable_clips_are_skipped_and_named(corpora, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bad = tmp_path / "speech"
    bad.mkdir()
    (bad / "empty.wav").touch()
    (bad / "corrupt.mp3").write_bytes(b"\xff\xfb\x90\x00" + bytes(range(256)) * 3)
    soundfile.write(bad / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(bad / "short.wav", voice(0, 0.05), RATE)
    soundfile.write(bad / "stereo.wav", np.stack([voice(0, 2, 96000)] * 2, 1), 96000)
    made = Mixer([Folder(bad, split="train")], corpora[1], REFERENCE)
    for seed in range(40):
        assert set(made.mix(seed).speech) == {"folder:speech/stereo"}
    assert {Path(path).name for path in made.skipped} == {"empty.wav", "corrupt.mp3", "silent.wav", "short.wav"}
    assert "is silent" in made.skipped[str(bad / "silent.wav")]
    assert "less than 0.1 s" in made.skipped[str(bad / "short.wav")]
    assert len(caplog.records) == 4
    (bad / "stereo.wav").unlink()
    with pytest.raises(CorpusError, match="could not be used"):
        Mixer([Folder(bad, split="train")], corpora[1], REFERENCE).mix(0)


def test_long_files_are_read_in_parts(corpora, tmp_path: Path) -> None:
    long = tmp_path / "speech"
    long.mkdir()
    soundfile.write(long / "hour.wav", np.tile(voice(0, 10, 8000), 30), 8000)
    made = Mixer([Folder(long, split="train")], corpora[1], replace(REFERENCE, silence_top_db=None))
    again = Mixer([Folder(long, split="train")], corpora[1], replace(REFERENCE, silence_top_db=None))
    for seed in (4, 1, 3, 0):
        made.mix(seed)
    assert same(made.mix(2), again.mix(2))
    assert all(len(sound.pcm) == 60 * 8000 for sound in made._library._sounds.values() if sound.bandwidth)


def test_a_bad_minute_of_a_long_file_costs_that_minute(corpora, tmp_path: Path) -> None:
    long = tmp_path / "noise"
    long.mkdir()
    minutes = [voice(n, 60, 8000) for n in range(4)]
    minutes[1][:] = 0
    # A part is drawn of whole minutes; the last has the rest as well.
    soundfile.write(long / "hour.wav", np.concatenate([*minutes, voice(4, 25, 8000)]), 8000)
    settings = replace(REFERENCE, silence_top_db=None)

    def mixer() -> Mixer:
        return Mixer(corpora[0], [Folder(long, split="train")], settings)

    whole, later = mixer(), mixer()
    made = [whole.mix(seed) for seed in range(20)]
    assert list(whole.skipped) == [f"{long / 'hour.wav'}, minute 2"]
    assert "is silent" in whole.skipped[f"{long / 'hour.wav'}, minute 2"]
    # What was heard before changes nothing.
    assert all(same(later.mix(seed), made[seed]) for seed in range(19, 9, -1))
    lengths = {len(sound.pcm) for sound in whole._library._sounds.values() if not sound.bandwidth}
    assert lengths == {60 * 8000, 85 * 8000}


def test_weights_decide_how_often_a_corpus_is_drawn(corpora, tmp_path: Path) -> None:
    rare = Folder(folder(tmp_path / "rare", "x-1.wav"), weight=0.25, split="train")
    made = Mixer([corpora[0][0], rare], corpora[1], replace(REFERENCE, seconds=0.5))
    share = np.mean([made.mix(seed).speech[0].startswith("folder:rare") for seed in range(400)])
    assert share == pytest.approx(0.2, abs=0.06)


def test_settings_are_checked_and_round_trip() -> None:
    assert MixSettings.from_dict({**FULLBAND.to_dict(), "snr_db": [-10.0, 30.0]}) == FULLBAND
    for name, value, why in (
        ("reverb", 1.5, "a share is 0 to 1"),
        ("snr_db", (5.0, 0.0), "the lower first"),
        ("noise_speeds", (0.0, 2.0), "greater than 0"),
        ("seconds", 0.0, "greater than 0"),
        ("seconds", math.inf, "finite"),
        ("level_dbfs", (-40.0, math.nan), "two finite numbers"),
        ("sample_rate", 100, "at least 4000"),
        ("clean_only", 0.6, "must not exceed 1"),
    ):
        with pytest.raises(ValueError, match=why):
            MixSettings(noise_only=0.5, **{name: value})
    with pytest.raises(ValueError, match="no mixing setting 'echo'"):
        MixSettings.from_dict({"echo": 1})
    with pytest.raises(CorpusError, match="no speech for the split dev in no corpus"):
        Mixer([], [], REFERENCE, "dev")
