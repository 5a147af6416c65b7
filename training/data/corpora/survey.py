"""What a corpus holds: number of files, hours, and a hash that tells it from others."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from training.audio import AudioError, audio_files, info

HEAD_BYTES = 1 << 16
"""Of each file that the hash is made of, beside its name and size."""


@dataclass(frozen=True)
class Survey:
    """What a folder of recordings holds.

    Attributes
    ----------
    files
        Number of audio files.
    hours
        Their length together, as their headers say.
    sha256
        Of the files' names, sizes and first 64 KiB.
    """

    files: int
    hours: float
    sha256: str


def survey(root: Path) -> Survey:
    """Look through a folder of recordings; files that are no audio count without a length."""
    digest = hashlib.sha256()
    files, seconds = 0, 0.0
    for name in audio_files(root):
        path = root / name
        digest.update(f"{name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(HEAD_BYTES))
        files += 1
        try:
            header = info(path)
        except AudioError:
            continue
        seconds += header.frames / header.sample_rate
    return Survey(files, round(seconds / 3600, 4), digest.hexdigest())
