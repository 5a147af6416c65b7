"""Decoding by libsndfile."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from ..errors import AudioFileError
from .recording import Audio, reason


class Stream(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A file that is read or written from start to end.

    Where it could seek, soundfile does so after every block, and an MP3 decoder then starts anew amid a stream.
    """

    def seekable(self) -> bool:
        """Return False."""
        return False


class SoundFileReader:
    """Reads what libsndfile decodes."""

    def __init__(self, source: str | int | BinaryIO, name: str) -> None:
        self._source, self._name = source, name
        try:
            self._file = Stream(source, closefd=not isinstance(source, int))
        except (soundfile.SoundFileError, OSError, TypeError) as error:
            hint = "is not a WAV file" if isinstance(source, int) else "is not audio in a format that can be read here"
            raise AudioFileError(f"{name} {hint} ({reason(error)})") from None
        self.sample_rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.format: str = self._file.format
        self.subtype: str = self._file.subtype
        self.frames: int | None = self._file.frames
        self._check_header(self._file.extra_info)

    def _check_header(self, log: str) -> None:
        """Refuse what libsndfile accepts, with a remark in its log: files that were cut short."""
        if "Last page lacks an end-of-stream bit" in log:
            raise AudioFileError(f"{self._name} is cut short: its last Ogg page is missing")
        sizes = re.search(r"^\s*(?:data|SSND) : (\d+)(?: \(should be (\d+)\))?", log, re.MULTILINE)
        if sizes is None:
            return
        stated = int(sizes[1])
        if stated == 0 and isinstance(self._source, str) and _unfinished(self._source):
            raise AudioFileError(
                f"{self._name} was never finished: its header says that it holds no audio; a program that repairs WAV "
                "headers can mend a copy"
            )
        # Programs that write WAV into a pipe do not know its length, and state the largest.
        if stated == 0 or stated >= 0xFFFF0000 or 0x7FFF0000 <= stated <= 0x7FFFFFFF:
            if isinstance(self._source, int):
                self.frames = None
                if stated == 0 and soundfile.check_format("RAW", self.subtype):  # libsndfile believes it
                    how = (self.sample_rate, self.channels, self.subtype, "LITTLE", "RAW")
                    self._file = Stream(self._source, "r", *how, closefd=False)
        elif sizes[2]:
            raise AudioFileError(f"{self._name} is cut short: {sizes[2]} of {stated} bytes of audio are there")

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield the audio in arrays of shape (channels, up to `size`)."""
        done = 0
        while True:
            try:
                block = self._file.read(size, dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, OSError) as error:
                raise AudioFileError(
                    f"{self._name} is damaged after {done / self.sample_rate:.2f} s ({reason(error)})"
                ) from None
            done += len(block)
            if not len(block):
                break
            yield np.ascontiguousarray(block.T)
        if self.frames is not None and done != self.frames:
            raise AudioFileError(
                f"{self._name} is cut short: {done / self.sample_rate:.2f} of "
                f"{self.frames / self.sample_rate:.2f} s can be read"
            )

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        if not isinstance(self._source, str | int):
            self._source.close()


def _unfinished(path: str) -> bool:
    """Whether a WAV file's audio is said to be empty, and what follows is no other chunk."""
    with Path(path).open("rb") as file:
        head = file.read(1 << 16)
    at = head.find(b"data\0\0\0\0", 12)
    name = head[at + 8 : at + 12]
    return at >= 0 and len(name) == 4 and not (name.isascii() and name.decode().isprintable())
