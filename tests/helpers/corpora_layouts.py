"""Small corpora of synthetic sound in the layouts of the real ones."""

from pathlib import Path

import numpy as np
import soundfile

RATE = 16000


def voice(seed: int, seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    """Something like speech: harmonics and breath in syllables of a few a second."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    pitch = rng.uniform(90, 250)
    harmonics = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * rng.uniform(2, 5) * time), 0, None)
    return (0.1 * syllables * (harmonics + 0.3 * rng.standard_normal(len(time)))).astype(np.float32)


def noise(seed: int, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    """White noise at -20 dBFS."""
    return (0.1 * np.random.default_rng(seed).standard_normal(int(seconds * rate))).astype(np.float32)


def common_voice(root: Path, clips: int = 6, speakers: int = 3) -> Path:
    """Common Voice: `clips` MP3 files and `speakers` speakers in each table."""
    (root / "clips").mkdir(parents=True)
    for s, split in enumerate(("train", "dev", "test")):
        rows = ["client_id\tpath\tsentence\tup_votes"]
        for n in range(clips):
            name = f"common_voice_xx_{split}_{n}.mp3"
            soundfile.write(root / "clips" / name, voice(100 * s + n, rate=48000), 48000, format="MP3")
            rows.append(f'{split}-speaker-{n * speakers // clips}\t{name}\tA "sentence.\t2')
        (root / f"{split}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root


def urbansound8k(root: Path, folds: tuple[int, ...] = (1, 9, 10), table: bool = False) -> Path:
    """UrbanSound8K: one clip of each class in each fold, with or without its table."""
    rows = ["slice_file_name,fsID,start,end,salience,fold,classID,class"]
    names = "air_conditioner car_horn children_playing dog_bark drilling engine_idling gun_shot jackhammer siren"
    for fold in folds:
        (root / "audio" / f"fold{fold}").mkdir(parents=True)
        for kind, name in enumerate([*names.split(), "street_music"]):
            file = f"{1000 * fold + kind}-{kind}-0-0.wav"
            soundfile.write(root / "audio" / f"fold{fold}" / file, noise(10 * fold + kind), RATE)
            rows.append(f"{file},{1000 * fold + kind},0,1,1,{fold},{kind},{name}")
    if table:
        (root / "metadata").mkdir()
        (root / "metadata" / "UrbanSound8K.csv").write_text("\n".join(rows) + "\n")
    return root


def folder(root: Path, *names: str, seconds: float = 2.0) -> Path:
    """Voices under the names given."""
    for seed, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / name, voice(seed, seconds), RATE)
    return root
