"""Decoding by the operating system."""

from collections.abc import Iterator
from pathlib import Path

import pedalboard.io

from ..errors import AudioFileError
from .recording import Audio


class PlatformReader:
    """The decoders that pedalboard finds in the operating system: macOS and Windows have some."""

    format, subtype = "", ""

    def __init__(self, path: str | Path) -> None:
        self._name = str(path)
        try:
            self._file = pedalboard.io.AudioFile(self._name)
        except ValueError:
            raise AudioFileError(
                f"{path} is not audio in a format that can be read on this system; convert it to WAV first, as with "
                "'ffmpeg -i in.m4a out.wav'"
            ) from None
        self.sample_rate = int(self._file.samplerate)
        self.channels = self._file.num_channels
        self.frames: int | None = self._file.frames

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield the audio in arrays of shape (channels, up to `size`)."""
        done = 0
        while (block := self._file.read(size)).shape[1]:
            done += block.shape[1]
            yield block
        if done != self.frames:
            raise AudioFileError(f"{self._name} is cut short: {done} of {self.frames} samples can be read")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
