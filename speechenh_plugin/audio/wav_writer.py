"""Writing WAV, to a file or into a pipe: sizes are known in the end, 32 bits may not hold them."""

import contextlib
import io
import os
import struct
import sys
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile

from . import layout
from .formats import DEPTHS
from .quantise import Quantiser
from .recording import Audio, Reader, Writer, write_error

if sys.platform != "win32":
    import fcntl

_TAGS = {"FLOAT": 3, "DOUBLE": 3, "ALAW": 6, "ULAW": 7}
_BITS = {"FLOAT": 32, "DOUBLE": 64, "ALAW": 8, "ULAW": 8}
_SUBTYPES = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", *_BITS)
_GUID = bytes.fromhex("000000001000800000aa00389b71")  # follows the format's number
_UNKNOWN = 0xFFFFFFFF
_LARGE = 2**31  # bytes from which on space is kept for sizes of 64 bits


class WavWriter(Writer):
    """Writes WAV; more than 4 GiB become RF64.

    Parameters
    ----------
    stream : binary file
        Where to write.
    name : str
        What errors call it.
    like : Reader
        What it is made from.
    subtype : str
        Sample format.
    notes : list of str
        What the user should know of it.
    in_file : bool
        Whether the stream is a file of its own, in which there is room for sizes of 64 bits.
    long : bool
        Whether to write RF64 in any case.
    """

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        like: Reader,
        subtype: str,
        notes: list[str],
        *,
        in_file: bool = False,
        long: bool = False,
    ) -> None:
        super().__init__(name, subtype, notes)
        self._stream, self._form, self._long = stream, like.form, long
        self._step = like.channels * _bits(subtype) // 8
        self._stated = None if like.frames is None else like.frames * self._step
        self._quantiser = Quantiser(subtype, like.form.valid_bits)
        try:
            # A file gets its sizes in the end; a pipe's reader takes all that comes.
            self._start = _place_to_return(stream)
            likely = self._stated if like.expected is None else like.expected * self._step
            self._room = in_file and (long or likely is None or likely > _LARGE)
            stream.write(self._header(self._stated))
        except OSError as error:
            raise write_error(name, error) from None

    def write(self, audio: Audio) -> None:
        """Append a block of shape (channels, samples)."""
        self.frames += audio.shape[1]
        samples = self._quantiser(np.ascontiguousarray(audio.T))
        self.clipped = self._quantiser.clipped
        try:
            self._stream.write(_encode(samples, self.subtype))
        except OSError as error:
            raise write_error(self._name, error) from None

    def close(self) -> None:
        """Finish the file."""
        size = self.frames * self._step
        try:
            if self._stated == size or self._start is not None:
                self._stream.write(b"\0" * (size % 2))  # chunks of RIFF begin at even bytes
            if self._start is not None and (self._stated != size or self._long):
                end = self._stream.tell()
                self._stream.seek(self._start)
                self._stream.write(self._header(size))
                self._stream.seek(end)
            self._stream.flush()
        except OSError as error:
            raise write_error(self._name, error) from None

    def abort(self) -> None:
        """Leave what was written."""

    def _header(self, size: int | None) -> bytes:
        """Return the header for `size` bytes of audio; None where that is unknown."""
        form, bits = self._form, _bits(self.subtype)
        tag = _TAGS.get(self.subtype, 1)
        mask = form.mask if layout.fits(form.mask, form.channels) else 0
        extensible = form.container == "WAVEX" or self._long or form.valid_bits or layout.matters(mask, form.channels)
        values = (form.channels, form.sample_rate, form.sample_rate * self._step, self._step, bits)
        if extensible:
            valid = form.valid_bits if form.valid_bits and tag == 1 and form.valid_bits < bits else bits
            format_ = struct.pack("<HHIIHHHHIH", 0xFFFE, *values, 22, valid, mask, tag) + _GUID
        elif tag == 1:
            format_ = struct.pack("<HHIIHH", tag, *values)
        else:
            format_ = struct.pack("<HHIIHHH", tag, *values, 0)
        chunks = struct.pack("<4sI", b"fmt ", len(format_)) + format_
        frames = _UNKNOWN if size is None else min(size // self._step, _UNKNOWN)
        if tag != 1:
            chunks += struct.pack("<4sII", b"fact", 4, frames)
        total = _UNKNOWN if size is None else 4 + 36 * self._room + len(chunks) + 8 + size + size % 2
        magic, data = b"RIFF", _UNKNOWN if size is None else size
        if self._room and size is not None and (total >= _UNKNOWN or self._long):
            sizes = struct.pack("<4sIQQQI", b"ds64", 28, total, size, size // self._step, 0)
            magic, total, data = b"RF64", _UNKNOWN, _UNKNOWN
            chunks = sizes + chunks
        elif self._room:
            chunks = struct.pack("<4sI28x", b"JUNK", 28) + chunks
        return (
            struct.pack("<4sI4s", magic, min(total, _UNKNOWN), b"WAVE")
            + chunks
            + struct.pack("<4sI", b"data", min(data, _UNKNOWN))
        )


class WavFileWriter(WavWriter):
    """Writes a WAV file, or WAV into a named pipe or a device.

    Parameters
    ----------
    path : str
        Where to write.
    name, like, subtype, notes, in_file, long
        As of `WavWriter`.
    """

    def __init__(
        self,
        path: str,
        name: str,
        like: Reader,
        subtype: str,
        notes: list[str],
        *,
        in_file: bool = True,
        long: bool = False,
    ) -> None:
        try:
            self._file = open(path, "r+b" if in_file else "wb")  # noqa: SIM115
        except OSError as error:
            raise write_error(name, error) from None
        try:
            super().__init__(self._file, name, like, subtype, notes, in_file=in_file, long=long)
        except BaseException:
            self.abort()
            raise

    def close(self) -> None:
        """Finish the file."""
        super().close()
        try:
            self._file.close()
        except OSError as error:
            raise write_error(self._name, error) from None

    def abort(self) -> None:
        """Give the file up."""
        with contextlib.suppress(OSError):  # what could not be written is not wanted
            self._file.close()


def nearest(subtype: str) -> str:
    """Return the sample format of WAV that is nearest to another."""
    if subtype in _SUBTYPES:
        return subtype
    return {"PCM_S8": "PCM_U8", "ALAC_24": "PCM_24"}.get(subtype, "PCM_16")


def _bits(subtype: str) -> int:
    return DEPTHS.get(subtype) or _BITS[subtype]


def _place_to_return(stream: BinaryIO) -> int | None:
    """Position at which a stream can be written anew later; None in a pipe, or where all is appended."""
    if not stream.seekable() or (sys.platform == "win32" and stream is sys.stdout.buffer):
        return None
    if sys.platform != "win32" and fcntl.fcntl(stream, fcntl.F_GETFL) & os.O_APPEND:
        return None
    return stream.tell()


def _encode(samples: npt.NDArray[Any], subtype: str) -> bytes:
    """Encode samples of shape (samples, channels): floats, or left-justified int32."""
    depth = DEPTHS.get(subtype)
    if depth is not None:
        bytes_ = samples.astype("<i4").view(np.uint8).reshape(-1, 4)[:, 4 - depth // 8 :]
        return (bytes_ ^ 0x80 if depth == 8 else bytes_).tobytes()  # 8 bits are unsigned in WAV
    if subtype in ("FLOAT", "DOUBLE"):
        return samples.astype("<f4" if subtype == "FLOAT" else "<f8").tobytes()
    raw = io.BytesIO()
    soundfile.write(raw, samples, 8000, subtype, "LITTLE", "RAW")
    return raw.getvalue()
