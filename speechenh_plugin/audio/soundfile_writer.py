"""Encoding by libsndfile."""

import io
import os
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
from mutagen.flac import FLAC

from ..errors import AudioFileError
from . import layout
from .formats import Target
from .quantise import Quantiser
from .recording import Audio, Reader, Writer, no_sample, reason, write_error
from .soundfile_reader import Stream
from .source import Source

_CHUNK = 16384  # libvorbis puts all that it gets at once on the stack

_NEVER_EMPTY = ("FLAC", "MP3", "OGG")
"""Containers that cannot hold nothing."""


class SoundFileWriter(Writer):
    """Writes what libsndfile encodes.

    Parameters
    ----------
    path : str
        Where to write.
    name : str
        What errors call the file.
    like : Reader
        What it is made from.
    target : Target
        Container and sample format.

    Raises
    ------
    AudioFileError
        If the format cannot hold such audio.
    """

    def __init__(self, path: str, name: str, like: Reader, target: Target) -> None:
        form = like.form
        super().__init__(name, target.subtype, [*target.notes])
        self._path, self._form = path, form
        self._container = container = target.container
        quality: dict[str, Any] = {}
        if target.subtype == "MPEG_LAYER_III":
            quality = {"bitrate_mode": "VARIABLE", "compression_level": 0.2}
        elif target.subtype == "VORBIS":
            quality = {"compression_level": 0.4}
        self._order = layout.vorbis_order(form.channels) if container == "OGG" else None
        self._quantiser = Quantiser(target.subtype, form.valid_bits)
        try:
            self._sink = _Sink(path)
        except OSError as error:
            raise write_error(name, error) from None
        how = (form.sample_rate, form.channels, target.subtype)
        try:
            self._file = Stream(self._sink, "w", *how, format=container, **quality)
        except (soundfile.SoundFileError, OSError) as error:
            self._sink.close()
            self._sink.check(name)
            raise AudioFileError(
                f"{name} cannot be written with {form.channels} channels at {form.sample_rate} Hz as "
                f"{target.container} {target.subtype}; choose another format ({reason(error)})"
            ) from None

    def write(self, audio: Audio) -> None:
        """Append a block of shape (channels, samples)."""
        self.frames += audio.shape[1]
        samples: npt.NDArray[Any] = np.ascontiguousarray((audio if self._order is None else audio[self._order]).T)
        samples = self._quantiser(samples)
        self.clipped = self._quantiser.clipped
        for start in range(0, len(samples), _CHUNK):
            try:
                self._file.write(samples[start : start + _CHUNK])
            except (soundfile.SoundFileError, OSError, AssertionError) as error:
                self._sink.check(self._name)
                raise write_error(self._name, error) from None
            self._sink.check(self._name)

    def close(self) -> None:
        """Finish the file."""
        try:
            self._file.close()
            self._sink.close()
            self._sink.check(self._name)
            if not self.frames and self._container in _NEVER_EMPTY:
                raise no_sample(self._name, self._container)
            self._keep_layout()
            with Source(self._path) as written:
                arrived = soundfile.info(written).frames
        except (soundfile.SoundFileError, OSError) as error:
            raise write_error(self._name, error) from None
        if arrived != self.frames:
            raise write_error(self._name, f"{arrived} of {self.frames} samples arrived")

    def abort(self) -> None:
        """Give the file up."""
        self._file.close()
        self._sink.close()

    def _keep_layout(self) -> None:
        """Say which loudspeakers the channels are for, where the container has a place for it."""
        mask, channels = self._form.mask, self._form.channels
        if mask is None or not layout.matters(mask, channels):
            return
        if self._container == "CAF":
            with open(self._path, "ab") as file:
                file.write(layout.to_caf(mask))
        elif self._container == "AIFF":
            with open(self._path, "r+b") as file:
                end = file.seek(0, os.SEEK_END)
                file.write(b"\0" * (end % 2) + layout.to_aiff(mask))
                size = file.tell() - 8
                file.seek(4)
                file.write(struct.pack(">I", size))
        elif self._container == "FLAC":
            tags = FLAC(self._path)
            tags["WAVEFORMATEXTENSIBLE_CHANNEL_MASK"] = f"0x{mask:04X}"
            tags.save()
        elif not (self._container == "OGG" and mask == layout.VORBIS_MASKS.get(channels)):
            self.notes.append(f"the layout {layout.to_names(mask)} is lost: {self._container} has no place for it")


class _Sink(io.FileIO):
    """A file that remembers why it could not be written: libsndfile does not tell."""

    def __init__(self, path: str) -> None:
        self.error: BaseException | None = None
        super().__init__(path, "r+b")

    def write(self, data: Any, /) -> int:
        """Write all, or nothing more after an error."""
        view, done = memoryview(data), 0
        try:
            while self.error is None and done < len(view):
                done += super().write(view[done:])
        except BaseException as error:  # an interrupt, too, which cannot pass through C
            self.error = error
        return done

    def check(self, name: str) -> None:
        """Raise what kept it from being written, in words that say so for what the system refused."""
        if self.error is not None:
            raise write_error(name, self.error) if isinstance(self.error, OSError) else self.error
