"""Two noises at once."""

import pytest
import soundfile
from corpora_layouts import RATE, folder, noise
from mixtures import mixing

from training.data.corpora import Folder
from training.data.mixer import Mixer


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict:
    root = tmp_path_factory.mktemp("corpora")
    folder(root / "speech", "a-1.wav", "b-1.wav")
    (root / "noise").mkdir()
    for seed in range(2):
        soundfile.write(root / "noise" / f"{seed}.wav", noise(seed, 5.0), RATE)
    return {role: [Folder(root / role, split="train")] for role in ("speech", "noise")}


def test_two_noises_are_two(corpora: dict) -> None:
    one = Mixer(corpora, mixing({"kind": "second_noise"})).state(1)
    assert len(one.noise_names) == 2 and "second_noise" in one.effects
    assert len(Mixer(corpora, mixing()).state(1).noise_names) == 1
