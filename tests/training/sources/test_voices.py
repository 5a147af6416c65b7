"""Noises of voices, and music."""

from collections import Counter

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
    folder(root / "speech", *(f"{who}-1.wav" for who in "abcd"))
    for role in ("noise", "music"):
        (root / role).mkdir()
        soundfile.write(root / role / "one.wav", noise(0, 3.0), RATE)
    return {role: [Folder(root / role, split="train")] for role in ("speech", "noise", "music")}


def noises(corpora: dict, *sources: dict, count: int = 1) -> list:
    made = Mixer(corpora, mixing({"kind": "snr", "probability": 0.0}, seconds=1.0, source=list(sources)))
    return [made.state(seed) for seed in range(count)]


@pytest.mark.parametrize(
    ("kind", "name"), [("babble", "babble/"), ("creature", "creature"), ("music", "folder:music/")]
)
def test_they_have_unit_power(kind: str, name: str, corpora: dict) -> None:
    for one in noises(corpora, {"kind": kind, "share": 1.0}, count=4):
        assert one.noise_names[0].startswith(name)
        assert np.mean(one.noise**2) == pytest.approx(1, rel=1e-3)


def test_babble_has_as_many_voices_as_asked_for(corpora: dict) -> None:
    for one in noises(corpora, {"kind": "babble", "share": 1.0, "voices": [2, 2]}, count=2):
        assert one.noise_names == ("babble/2",)


def test_shares_are_kept(corpora: dict) -> None:
    sources = {"kind": "babble", "share": 0.3, "voices": [1, 1]}, {"kind": "synthetic", "share": 0.3, "of": ["white"]}
    kinds = Counter(one.noise_names[0].split("/")[0] for one in noises(corpora, *sources, count=200))
    assert kinds["babble"] == pytest.approx(60, abs=20) and kinds["synthetic"] == pytest.approx(60, abs=20)
    assert kinds["folder:noise"] == pytest.approx(80, abs=22)


def test_music_needs_a_corpus(corpora: dict) -> None:
    with pytest.raises(CorpusError, match="no music for the split train"):
        noises({role: corpora[role] for role in ("speech", "noise")}, {"kind": "music", "share": 0.1})
