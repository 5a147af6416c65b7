"""Clips of noise."""

from pathlib import Path

import numpy as np
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


def test_noise_is_named_and_has_unit_power(corpora: dict) -> None:
    one = Mixer(corpora, mixing({"kind": "snr", "probability": 0.0})).state(1)
    assert one.noise_names[0].startswith("folder:noise/")
    assert np.mean(one.noise**2) == pytest.approx(1, rel=1e-4)


def test_speed_is_that_of_the_clip(corpora: dict, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 500 * np.arange(10 * RATE) / RATE), RATE)
    made = mixing({"kind": "noise_speed", "range": [2.0, 2.0]}, noise_only=1.0)
    one = Mixer({**corpora, "noise": [Folder(tmp_path, split="train")]}, made).state(0)
    assert np.argmax(np.abs(np.fft.rfft(one.noise))) / made.seconds == pytest.approx(1000, abs=2)
