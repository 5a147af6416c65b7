"""Folders of recordings."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import soundfile
from sounds import speechlike


def tree(folder: Path) -> set[str]:
    """Name all files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def many_kinds(folder: Path, seconds: float = 0.4) -> set[str]:
    """Write 36 good files of many kinds into nested folders; give their names."""
    kinds = [("wav", None), ("flac", None), ("mp3", None), ("ogg", None), ("aiff", None), ("wav", "FLOAT")]
    rates = {"mp3": [8000, 16000, 44100, 48000, 22050, 32000]}
    names = set()
    for number in range(36):
        ending, subtype = kinds[number % 6]
        rate = rates.get(ending, [8000, 11025, 16000, 44100, 48000, 96000])[number // 6]
        channels = (1, 2, 6)[number % 3] if ending in ("wav", "flac") else 1 + number % 2
        name = ["take", "Gespräch am Tisch", "日本語 録音", "it's [1]"][number % 4]
        path = folder / ["", "day 1", "day 1/Büro", "день"][number % 4] / f"{name} {number}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, speechlike(seconds, rate, channels, number).T, rate, subtype=subtype)
        names.add(path.relative_to(folder).as_posix())
    return names


def without_override() -> list[str]:
    """Command prefix under which even root cannot read what permissions forbid; skips where there is none."""
    if os.geteuid() != 0:
        return []
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
    if shutil.which("setpriv") is None or subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip("root reads everything here")
    return prefix
