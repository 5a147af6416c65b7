"""Speech and noise in rooms."""

import numpy as np
import pytest
import soundfile
from corpora_layouts import RATE, folder, noise
from mixtures import mixing

from training.data.corpora import CorpusError, Folder
from training.data.mixer import Mixer


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict:
    root = tmp_path_factory.mktemp("corpora")
    folder(root / "speech", "a-1.wav")
    for role, name, audio in (
        ("noise", "white.wav", noise(0, 5.0)),
        ("room", "hall-1.wav", np.r_[np.zeros(100), 1.0, np.zeros(3999), 0.5, np.zeros(100)]),
        ("room", "hall-2.wav", np.r_[1.0, np.zeros(1999), 0.5]),
    ):
        (root / role).mkdir(exist_ok=True)
        soundfile.write(root / role / name, audio, RATE)
    return {role: [Folder(root / role, split="train")] for role in ("speech", "noise", "room")}


def mixed(corpora: dict, seed: int = 4, **reverb: object):
    made = mixing({"kind": "reverb", **reverb}, rate=RATE, rooms=4, clean_only=1.0)
    return Mixer(corpora, made).state(seed)


def test_the_target_keeps_the_room_or_its_early_part(corpora: dict) -> None:
    dry, wet = mixed(corpora, probability=0.0), mixed(corpora)
    assert np.array_equal(wet.noisy, wet.target) and not np.allclose(wet.noisy, dry.noisy, atol=1e-3)
    early = mixed(corpora, early_target=True)
    assert np.allclose(early.noisy, wet.noisy, atol=1e-6)
    assert 0 < np.mean(early.target**2) < np.mean(early.noisy**2)


def test_recorded_rooms_are_those_of_the_corpus(corpora: dict) -> None:
    lags = set()
    dry = mixed(corpora, probability=0.0).speech.astype(np.float64)
    for seed in range(8):
        made = mixed(corpora, seed, recorded=1.0)
        speech = mixed(corpora, seed, probability=0.0).speech.astype(np.float64)
        direct = speech / np.sqrt(1.25)
        echo = made.speech - direct
        for lag in (2000, 4000):
            if np.allclose(echo[lag:], 0.5 * direct[:-lag], atol=1e-4):
                lags.add(lag)
    assert lags == {2000, 4000} and dry.any()


def test_recorded_rooms_need_a_corpus(corpora: dict) -> None:
    with pytest.raises(CorpusError, match="no corpus whose role is room"):
        mixed({role: corpora[role] for role in ("speech", "noise")}, recorded=0.5)
