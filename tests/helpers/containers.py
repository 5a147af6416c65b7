"""Recordings in every container, whole and harmed, and what FFmpeg decodes of them."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import soundfile
from sounds import speechlike

RATE = 44100
SECONDS = 3

# What the ffmpeg program makes of a WAV file, by the ending of the file; some with options.
MADE = {
    "aac.aac": [],
    "ac3.ac3": [],
    "aiff.aiff": [],
    "alac.m4a": ["-c:a", "alac"],
    "au.au": [],
    "caf.caf": [],
    "flac.flac": [],
    "float.wav": ["-c:a", "pcm_f32le"],
    "ima.wav": ["-c:a", "adpcm_ima_wav"],
    "m4a.m4a": [],
    "mkv.mkv": ["-c:a", "libvorbis"],
    "mov.mov": ["-c:a", "pcm_s16le"],
    "mp2.mp2": [],
    "mp3.mp3": ["-b:a", "128k"],
    "mp4.mp4": [],
    "mulaw.wav": ["-c:a", "pcm_mulaw"],
    "noxing.mp3": ["-write_xing", "0", "-q:a", "5"],
    "ogg.ogg": ["-c:a", "libvorbis"],
    "opus.opus": [],
    "rf64.wav": ["-rf64", "always"],
    "ts.ts": ["-c:a", "aac"],
    "w64.w64": [],
    "wav.wav": [],
    "wav24.wav": ["-c:a", "pcm_s24le"],
    "webm.webm": [],
    "wma.wma": [],
    "wv.wv": [],
}


def make(folder: Path, name: str) -> Path:
    """Make a recording with the ffmpeg program."""
    source = folder / "source.wav"
    if not source.exists():
        soundfile.write(source, speechlike(SECONDS, RATE, 2).T, RATE)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", source, *MADE[name], folder / name], check=True)
    return folder / name


def whole(path: Path) -> bytes:
    return path.read_bytes()


def joined(path: Path) -> bytes:
    """Two recordings one after the other; in Ogg each stream has a number of its own, as the format wants."""
    first = path.read_bytes()
    return first + make(path.parent, path.name).read_bytes()


def cut(path: Path) -> bytes:
    data = path.read_bytes()
    return data[: len(data) * 2 // 3]


def killed(path: Path) -> bytes | None:
    """As a writer leaves it that was killed: all of the audio, and sizes that were never filled in."""
    data = bytearray(path.read_bytes())
    kind = bytes(data[:4])
    if kind == b"RIFF":
        at = data.index(b"data") + 4
        data[4:8] = data[at : at + 4] = bytes(4)
    elif kind == b"RF64":
        data[20:44] = bytes(24)
    elif kind == b".snd":
        data[8:12] = b"\xff" * 4
    elif kind == b"caff":
        at = data.index(b"data") + 4
        data[at : at + 8] = b"\xff" * 8
    elif kind == b"fLaC":
        data[21] &= 0xF0
        data[22:26] = bytes(4)
    else:
        return None
    return bytes(data)


HARMS: dict[str, Callable[[Path], bytes | None]] = {"whole": whole, "cut": cut, "joined": joined, "killed": killed}


def oracle(source: bytes | Path) -> int:
    """Return how many samples the ffmpeg program decodes of a file, or of bytes in a pipe."""
    name = "-" if isinstance(source, bytes) else source
    given: dict[str, Any] = {"input": source} if isinstance(source, bytes) else {"stdin": subprocess.DEVNULL}
    command = ["ffmpeg", "-v", "error", "-i", name, "-map", "0:a:0", "-ac", "1", "-f", "s16le", "-"]
    return len(subprocess.run(command, capture_output=True, **given).stdout) // 2


@contextmanager
def pipe(data: bytes) -> Iterator[str]:
    """Give the path of a pipe that bytes come out of."""
    reading, writing = os.pipe()

    def feed() -> None:
        with suppress(BrokenPipeError), os.fdopen(writing, "wb") as file:
            file.write(data)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)
        thread.join()


def available() -> bool:
    """Tell whether the ffmpeg program is there."""
    return shutil.which("ffmpeg") is not None
