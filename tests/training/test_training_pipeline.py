"""From two folders in their real layouts to a file denoised by the plug-in, by the commands that the README names."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpora_layouts import common_voice, noise, urbansound8k, voice
from recipes_text import tiny

pytest.importorskip("tensorflow")
pytest.importorskip("pesq")
import tiny_training

from speechenh_plugin import DeepDenoise
from training import create_dataset, evaluate, train
from training.export.__main__ import main as export

AUDIO = Path(os.environ.get("DEEPDENOISE_AUDIO", "DEEPDENOISE_AUDIO is not set"))


def real_common_voice(root: Path) -> Path:
    """Common Voice's layout from a few clips of the shared speech, as MP3 of 48 kHz."""
    (root / "clips").mkdir(parents=True)
    clips = sorted((AUDIO / "speech" / "librispeech").glob("*"))[::40]
    for split, part in (("train", clips[:6]), ("dev", clips[6:8]), ("test", clips[8:10])):
        rows = ["client_id\tpath\tsentence"]
        for clip in part:
            audio, rate = soundfile.read(clip, frames=5 * 16000)
            spread = np.interp(np.arange(len(audio) * 48000 // rate) * rate / 48000, np.arange(len(audio)), audio)
            soundfile.write(root / "clips" / f"{clip.stem}.mp3", spread, 48000, format="MP3")
            rows.append(f"{clip.stem.split('-')[0]}\t{clip.stem}.mp3\tsomething")
        (root / f"{split}.tsv").write_text("\n".join(rows) + "\n")
    return root


@pytest.mark.parametrize("kind", ["synthetic", "real"])
def test_from_corpora_to_a_denoised_file(kind: str, tmp_path: Path) -> None:
    if kind == "real" and not AUDIO.is_dir():
        pytest.skip("no shared audio: set DEEPDENOISE_AUDIO to its folder")
    if kind == "real":
        speech, noises = real_common_voice(tmp_path / "cv"), AUDIO / "urbansound8k"
    else:
        speech, noises = common_voice(tmp_path / "cv"), urbansound8k(tmp_path / "us8k")
    data, runs, model, recipe = (tmp_path / name for name in ("data", "runs", "model", "mine.toml"))
    assert "tiny" in tiny_training.NETWORKS
    recipe.write_text(("" if kind == "synthetic" else 'splits = ["train", "test"]\n') + tiny())

    corpora = ["--speech", f"common_voice:{speech}", "--noise", f"urbansound8k:{noises}"]
    sizes = ["--train", "6", "--dev", "2", "--test", "2", "--seconds", "1", "--workers", "1"]
    assert create_dataset.main([*corpora, "--out", str(data), *sizes]) == 0
    assert train.main([str(recipe), "--data", str(data), "--out", str(runs)]) == 0
    assert export([str(runs / "mine" / "first"), "--name", "mine", "--out", str(model)]) == 0
    assert "CC BY-NC" in (model / "card.md").read_text()

    pairs = tmp_path / "pairs"
    clean = voice(7, 2.0, 16000)
    noisy = clean + 0.3 * noise(8, 2.0, 16000)
    for name, audio in (("clean", clean), ("noisy", noisy)):
        (pairs / name).mkdir(parents=True)
        soundfile.write(pairs / name / "a.wav", audio, 16000)
    arguments = [
        str(pairs),
        "--model",
        str(model),
        "--rate",
        "8000",
        "--workers",
        "1",
        "--out",
        str(tmp_path / "table"),
    ]
    assert evaluate.main(arguments) == 0
    assert "| model |" in (tmp_path / "table" / "evaluation.md").read_text()

    effect = DeepDenoise(model=model)
    assert effect.model == "mine"
    denoised = effect(noisy, 16000)
    assert denoised.shape == noisy.shape
    assert np.isfinite(denoised).all()
    assert not np.allclose(denoised, noisy, atol=1e-3)
    effect.strength = 0
    np.testing.assert_allclose(effect(noisy, 16000), noisy, atol=1e-5)
