"""Mixtures: one seed one mixture, and clips that cannot be used."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpora_layouts import RATE, folder, noise, voice
from mixtures import mixing

from training.data.corpora import CorpusError, Folder
from training.data.effects import EFFECTS
from training.data.mixer import Mixer, Mixture
from training.data.mixing import Mixing
from training.data.sampler import loop

REFERENCE = mixing(silence_top_db=20.0)
KEPT = mixing()
Corpora = dict[str, list[Folder]]


def varied(**fields: object) -> Mixing:
    """All effects, often."""
    kinds = [kind for kind in EFFECTS if kind not in ("speech", "noise", "snr", "taught")]
    late = ["partial_noise", "colour", "tilt", "telephone", "level", "gain", "clip", "low_pass", "peak", "quantise"]
    order = sorted((kind for kind in kinds if kind not in late), key=lambda kind: kind == "reverb") + late
    sources = [{"kind": kind, "share": 0.1} for kind in ("synthetic", "babble", "creature")]
    effects = [{"kind": kind, "probability": 0.4} for kind in order]
    return mixing(*effects, source=sources, **{"rate": 48000, "seconds": 1.0, "rooms": 2, **fields})


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Corpora:
    root = tmp_path_factory.mktemp("corpora")
    speech = folder(root / "speech", *(f"{who}-{n}.wav" for who in "ab" for n in range(3)))
    noises = root / "noise"
    noises.mkdir()
    for seed, seconds in enumerate((0.05, 1.5, 9.0)):
        soundfile.write(noises / f"{seed}.wav", noise(seed, seconds), RATE)
    return {"speech": [Folder(speech, split="train")], "noise": [Folder(noises, split="train")]}


def same(one: Mixture, two: Mixture) -> bool:
    return (
        np.array_equal(one.noisy, two.noisy)
        and np.array_equal(one.clean, two.clean)
        and (one.speech, one.noise, one.effects, one.snr_db, one.bandwidth_hz)
        == (two.speech, two.noise, two.effects, two.snr_db, two.bandwidth_hz)
    )


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
    corpora = {**corpora, "speech": [Folder(bad, split="train")]}
    made = Mixer(corpora, REFERENCE)
    for seed in range(40):
        assert set(made.mix(seed).speech) == {"folder:speech/stereo"}
    assert {Path(path).name for path in made.skipped} == {"empty.wav", "corrupt.mp3", "silent.wav", "short.wav"}
    assert "is silent" in made.skipped[str(bad / "silent.wav")]
    assert "less than 0.1 s" in made.skipped[str(bad / "short.wav")]
    assert len(caplog.records) == 4
    (bad / "stereo.wav").unlink()
    with pytest.raises(CorpusError, match="could not be used"):
        Mixer(corpora, REFERENCE).mix(0)


def test_long_files_are_read_in_parts(corpora, tmp_path: Path) -> None:
    long = tmp_path / "speech"
    long.mkdir()
    soundfile.write(long / "hour.wav", np.tile(voice(0, 10, 8000), 30), 8000)
    corpora = {**corpora, "speech": [Folder(long, split="train")]}
    made, again = Mixer(corpora, KEPT), Mixer(corpora, KEPT)
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
    corpora = {**corpora, "noise": [Folder(long, split="train")]}
    whole, later = Mixer(corpora, KEPT), Mixer(corpora, KEPT)
    made = [whole.mix(seed) for seed in range(20)]
    assert list(whole.skipped) == [f"{long / 'hour.wav'}, minute 2"]
    assert "is silent" in whole.skipped[f"{long / 'hour.wav'}, minute 2"]
    # What was heard before changes nothing.
    assert all(same(later.mix(seed), made[seed]) for seed in range(19, 9, -1))
    lengths = {len(sound.pcm) for sound in whole._library._sounds.values() if not sound.bandwidth}
    assert lengths == {60 * 8000, 85 * 8000}


def test_the_seed_alone_decides(corpora: Corpora) -> None:
    one, two = Mixer(corpora, varied()), Mixer(corpora, varied(cache_bytes=1))
    first = [one.mix([5, k]) for k in range(8)]
    again = [two.mix([5, k]) for k in reversed(range(8))][::-1]
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert not same(first[0], one.mix([6, 0]))


def test_every_effect_happens_and_stays_finite(corpora: Corpora) -> None:
    made = Mixer(corpora, varied(rate=16000))
    seen: set[str] = set()
    noises: set[str] = set()
    for seed in range(120):
        mixture = made.mix(seed)
        for audio in (mixture.noisy, mixture.clean):
            assert audio.shape == (16000,) and audio.dtype == np.float32 and np.isfinite(audio).all()
        seen.update(mixture.effects)
        noises.update(name.split("/")[0] for name in mixture.noise)
    assert seen == EFFECTS.keys() - {"taught"}
    assert noises == {"folder:noise", "synthetic", "babble", "creature"}


def test_silence_is_cut_out_if_asked_for(corpora: Corpora) -> None:
    def quiet(audio: np.ndarray) -> float:
        frames = np.mean(audio.reshape(-1, 160) ** 2, axis=1)
        return float(np.mean(frames < 1e-4 * frames.max()))

    assert quiet(Mixer(corpora, REFERENCE).mix(1).clean) < 0.6 * quiet(Mixer(corpora, KEPT).mix(1).clean)


def test_clean_only_and_noise_only(corpora: Corpora) -> None:
    clean = Mixer(corpora, mixing(clean_only=1.0)).mix(0)
    assert np.array_equal(clean.noisy, clean.clean) and clean.noise == () and clean.snr_db == np.inf
    silent = Mixer(corpora, mixing(noise_only=1.0)).mix(0)
    assert not silent.clean.any() and silent.noisy.any() and silent.speech == () and silent.snr_db == -np.inf
    assert silent.bandwidth_hz == 4000  # silence is known at every frequency


def test_short_noise_is_looped_or_scattered(corpora: Corpora, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tick.wav", noise(0, 0.05), RATE)
    both = {**corpora, "noise": [Folder(tmp_path, split="train")]}

    def silent(audio: np.ndarray) -> float:
        return float(np.mean(np.abs(audio.reshape(-1, 80)).max(axis=1) < 1e-6))

    assert silent(Mixer(both, mixing(noise_only=1.0)).mix(0).noisy) == 0
    assert silent(Mixer(both, mixing(noise_only=1.0, noise_pause_seconds=[0.2, 0.5])).mix(0).noisy) > 0.5


def test_weights_decide_how_often_a_corpus_is_drawn(corpora: Corpora, tmp_path: Path) -> None:
    rare = Folder(folder(tmp_path / "rare", "x-1.wav"), weight=0.25, split="train")
    made = Mixer({**corpora, "speech": [*corpora["speech"], rare]}, mixing(seconds=0.5))
    share = np.mean([made.mix(seed).speech[0].startswith("folder:rare") for seed in range(400)])
    assert share == pytest.approx(0.2, abs=0.06)


def test_no_corpus_no_mixture() -> None:
    with pytest.raises(CorpusError, match="no speech for the split dev in no corpus"):
        Mixer({}, KEPT, "dev")
