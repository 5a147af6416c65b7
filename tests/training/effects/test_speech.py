"""Clips of speech."""

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


def test_speech_is_named_and_its_band_is_told(corpora: dict) -> None:
    one = Mixer(corpora, mixing(rate=48000)).state(1)
    assert one.speech_names[0].startswith("folder:speech/") and one.speech.any()
    assert one.bandwidth_hz == pytest.approx(7600, abs=1)
