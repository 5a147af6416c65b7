"""Audio files made in code."""

from pathlib import Path

import numpy as np
import soundfile
from sounds import speechlike


def write(path: Path, audio: np.ndarray, rate: int, subtype: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    container = "OGG" if path.suffix == ".opus" else None
    soundfile.write(path, audio.T, rate, subtype=subtype, format=container)
    return path


def read(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


def deviation(got: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.sqrt(np.mean((got - wanted) ** 2) / np.mean(wanted**2)))


def damaged(folder: Path) -> dict[str, Path]:
    """Files that fail, by what their errors say."""
    audio = speechlike(2, 48000, 2)
    cases = {}
    for name in ("a.wav", "a.aiff", "a.flac", "a.mp3", "a.ogg", "a.opus"):
        whole = write(folder / name, audio, 48000).read_bytes()
        short = folder / f"short{Path(name).suffix}"
        short.write_bytes(whole[: len(whole) * 2 // 3])
        cases[f"short{Path(name).suffix} is (cut short|damaged)"] = short
        (folder / name).unlink()
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("This is not a WAV file. " * 20)
    (folder / "folder.wav").mkdir()
    cases["empty.wav is empty"] = folder / "empty.wav"
    cases["text.wav is not audio"] = folder / "text.wav"
    cases["folder.wav cannot be read: Is a directory"] = folder / "folder.wav"
    cases["missing.wav cannot be read: No such file"] = folder / "missing.wav"
    cases["slow.wav .* its sample rate is 4000 Hz"] = write(folder / "slow.wav", audio, 4000)
    return cases
