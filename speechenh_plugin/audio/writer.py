"""Writing a recording."""

import sys
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt
import soundfile

from ..errors import AudioFileError, AudioWriteError
from . import wav
from .formats import DEPTHS, choose_format
from .quantise import quantise
from .recording import Audio, Reader, reason
from .soundfile_reader import Stream

_CHUNK = 16384  # libvorbis puts all that it gets at once on the stack


class Writer:
    """Writes blocks of shape (channels, samples) to a file, or as WAV to standard output.

    Parameters
    ----------
    path : str or Path
        Where to write; ``"-"`` is standard output.
    name : str
        What errors call the file, and whose ending chooses the format.
    like : Reader
        Its rate and channels are kept; its bit depth too, if the format has it.

    Raises
    ------
    AudioFileError
        If the format cannot hold such audio.
    """

    def __init__(self, path: str | Path, name: str, like: Reader) -> None:
        self._name = "standard output" if path == "-" else name
        self._random = np.random.default_rng(0)  # the same dither in each run
        self.frames = 0
        if path == "-":
            subtype = "FLOAT" if like.subtype == "DOUBLE" else like.subtype
            if subtype not in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"):
                subtype = "PCM_16"
            self._pipe: BinaryIO | None = sys.stdout.buffer
            size = None if like.frames is None else wav.data_bytes(like.frames, like.channels, subtype)
            # A file that the output is redirected to gets its length in the end, a pipe's reader takes all that comes.
            self._header = wav.place_to_return(self._pipe) if size is None else None
            self._like = like
            self._pipe.write(wav.header(like, subtype, size))
        else:
            container, subtype = choose_format(name, like)
            self._pipe = None
            quality: dict[str, Any] = {}
            if subtype == "MPEG_LAYER_III":
                quality = {"bitrate_mode": "VARIABLE", "compression_level": 0.2}
            elif subtype == "VORBIS":
                quality = {"compression_level": 0.4}
            try:
                self._file = Stream(
                    str(path), "w", like.sample_rate, like.channels, subtype, format=container, **quality
                )
            except (soundfile.SoundFileError, OSError) as error:
                raise AudioFileError(
                    f"{name} cannot be written with {like.channels} channels at {like.sample_rate} Hz as {container} "
                    f"{subtype}; choose another format ({reason(error)})"
                ) from None
        self.subtype = subtype
        self._depth = DEPTHS.get(subtype)

    def write(self, audio: Audio) -> None:
        """Append a block.

        Raises
        ------
        AudioWriteError
            If the disk is full, or the pipe closed.
        """
        self.frames += audio.shape[1]
        frames: npt.NDArray[Any] = np.ascontiguousarray(audio.T)
        if self._depth is not None:
            frames = quantise(frames, self._depth, self._random)
        try:
            if self._pipe is None:
                for start in range(0, len(frames), _CHUNK):
                    self._file.write(frames[start : start + _CHUNK])
            else:
                self._pipe.write(wav.samples(frames, self._depth))
        except (soundfile.SoundFileError, OSError, AssertionError) as error:
            raise AudioWriteError(f"{self._name} cannot be written: {reason(error)}") from None

    def close(self) -> None:
        """Finish the file.

        Raises
        ------
        AudioWriteError
            If the disk is full, or the pipe closed.
        """
        try:
            if self._pipe is None:
                self._file.close()
            else:
                size = wav.data_bytes(self.frames, self._like.channels, self.subtype)
                if self._like.frames is not None or self._header is not None:
                    self._pipe.write(b"\0" * (size % 2))  # chunks of RIFF begin at even bytes
                if self._header is not None:
                    end = self._pipe.tell()
                    self._pipe.seek(self._header)
                    self._pipe.write(wav.header(self._like, self.subtype, size))
                    self._pipe.seek(end)
                self._pipe.flush()
        except (soundfile.SoundFileError, OSError) as error:
            raise AudioWriteError(f"{self._name} cannot be written: {reason(error)}") from None

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Finish the file, or give it up after an error."""
        if kind is None:
            self.close()
        elif self._pipe is None:
            self._file.close()
