"""Audio files in blocks: reading that is never silently short, writing that keeps the bit depth."""

import os
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

import numpy as np
import numpy.typing as npt
import pedalboard.io
import soundfile

from ..errors import AudioFileError
from . import ogg

if sys.platform != "win32":
    import fcntl

Audio = npt.NDArray[np.float32]

_PLATFORM = {".aac", ".m4a", ".wma"}

EXTENSIONS = frozenset(
    {".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".rf64", ".snd", ".w64", ".wav"}
    | _PLATFORM
)
"""File name endings (lower case) that are taken for audio when a folder is listed."""

_DEPTHS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_NEAREST = {
    "PCM_S8": ["PCM_U8", "PCM_16"],
    "PCM_U8": ["PCM_S8", "PCM_16"],
    "PCM_32": ["PCM_24"],
    "FLOAT": ["PCM_24"],
    "DOUBLE": ["FLOAT", "PCM_24"],
}
_ENDINGS = {"AIF": "AIFF", "AIFC": "AIFF", "OGA": "OGG", "OPUS": "OGG", "SND": "AU"}
_LOSSY = ("MP3", "OGG")
_CHUNK = 16384  # libvorbis puts all that it gets at once on the stack
_WAV_LIMIT = 2**32 - 2**20


class Reader(Protocol):
    """What `open_reader` gives.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    channels : int
        Number of channels.
    frames : int or None
        Length in samples; unknown in a pipe.
    format, subtype : str
        The container and the sample format, as `soundfile` names them.
    """

    sample_rate: int
    channels: int
    frames: int | None
    format: str
    subtype: str

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield the audio in arrays of shape (channels, up to `size`)."""

    def close(self) -> None:
        """Close the file."""


def open_reader(path: str | Path) -> Reader:
    """Open an audio file, or with ``"-"`` a WAV file on standard input.

    Raises
    ------
    AudioFileError
        If it cannot be read, or is not audio.
    """
    if path == "-":
        return _SoundFileReader(sys.stdin.fileno(), "standard input")
    try:
        with Path(path).open("rb") as file:
            if not file.read(1):
                raise AudioFileError(f"{path} is empty")
            file.seek(0)
            mended = ogg.mend(file)
    except OSError as error:
        raise AudioFileError(f"{path} cannot be read: {error.strerror}") from None
    if mended is not None:
        return _SoundFileReader(mended, str(path))
    if Path(path).suffix.lower() in _PLATFORM:
        return _PlatformReader(path)
    return _SoundFileReader(str(path), str(path))


class _Stream(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A file that is read or written from start to end.

    Where it could seek, soundfile does so after every block, and an MP3 decoder then starts anew amid a stream.
    """

    def seekable(self) -> bool:
        return False


class _SoundFileReader:
    def __init__(self, source: str | int | BinaryIO, name: str) -> None:
        self._source, self._name = source, name
        try:
            self._file = _Stream(source, closefd=not isinstance(source, int))
        except (soundfile.SoundFileError, OSError, TypeError) as error:
            hint = "is not a WAV file" if isinstance(source, int) else "is not audio in a format that can be read here"
            raise AudioFileError(f"{name} {hint} ({_reason(error)})") from None
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
                    self._file = _Stream(self._source, "r", *how, closefd=False)
        elif sizes[2]:
            raise AudioFileError(f"{self._name} is cut short: {sizes[2]} of {stated} bytes of audio are there")

    def blocks(self, size: int) -> Iterator[Audio]:
        done = 0
        while True:
            try:
                block = self._file.read(size, dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, OSError) as error:
                raise AudioFileError(
                    f"{self._name} is damaged after {done / self.sample_rate:.2f} s ({_reason(error)})"
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


class _PlatformReader:
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
        done = 0
        while (block := self._file.read(size)).shape[1]:
            done += block.shape[1]
            yield block
        if done != self.frames:
            raise AudioFileError(f"{self._name} is cut short: {done} of {self.frames} samples can be read")

    def close(self) -> None:
        self._file.close()


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
            size = None if like.frames is None else _data_bytes(like.frames, like.channels, subtype)
            # A file that the output is redirected to gets its length in the end, a pipe's reader takes all that comes.
            self._header = _place_to_return(self._pipe) if size is None else None
            self._like = like
            self._pipe.write(_wav_header(like, subtype, size))
        else:
            container, subtype = choose_format(name, like)
            self._pipe = None
            quality: dict[str, Any] = {}
            if subtype == "MPEG_LAYER_III":
                quality = {"bitrate_mode": "VARIABLE", "compression_level": 0.2}
            elif subtype == "VORBIS":
                quality = {"compression_level": 0.4}
            try:
                self._file = _Stream(
                    str(path), "w", like.sample_rate, like.channels, subtype, format=container, **quality
                )
            except (soundfile.SoundFileError, OSError) as error:
                raise AudioFileError(
                    f"{name} cannot be written with {like.channels} channels at {like.sample_rate} Hz as {container} "
                    f"{subtype}; choose another format ({_reason(error)})"
                ) from None
        self.subtype = subtype
        self._depth = _DEPTHS.get(subtype)

    def write(self, audio: Audio) -> None:
        """Append a block.

        Raises
        ------
        AudioFileError
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
                self._pipe.write(_wav_bytes(frames, self._depth))
        except (soundfile.SoundFileError, OSError, AssertionError) as error:
            raise AudioFileError(f"{self._name} cannot be written: {_reason(error)}") from None

    def close(self) -> None:
        """Finish the file.

        Raises
        ------
        AudioFileError
            If the disk is full, or the pipe closed.
        """
        try:
            if self._pipe is None:
                self._file.close()
            else:
                size = _data_bytes(self.frames, self._like.channels, self.subtype)
                if self._like.frames is not None or self._header is not None:
                    self._pipe.write(b"\0" * (size % 2))  # chunks of RIFF begin at even bytes
                if self._header is not None:
                    end = self._pipe.tell()
                    self._pipe.seek(self._header)
                    self._pipe.write(_wav_header(self._like, self.subtype, size))
                    self._pipe.seek(end)
                self._pipe.flush()
        except (soundfile.SoundFileError, OSError) as error:
            raise AudioFileError(f"{self._name} cannot be written: {_reason(error)}") from None

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


def quantise(audio: npt.NDArray[np.floating[Any]], depth: int, random: np.random.Generator) -> npt.NDArray[np.int32]:
    """Round samples to whole numbers, with dither where rounding changes anything.

    Triangular dither of two steps, peak to peak, turns the error into noise that does not depend on the signal
    (Lipshitz, Wannamaker & Vanderkooy 1992). A block that the depth already holds exactly stays as it is.

    Parameters
    ----------
    audio : np.ndarray [shape=any]
        Full scale is 1; what goes beyond clips.
    depth : int
        Bits: 8 to 32. No dither is added at 32, where float32 is the coarser one.
    random : np.random.Generator
        Source of the dither.

    Returns
    -------
    np.ndarray [shape as the input, dtype=int32]
        Left-justified: the lowest 32 - `depth` bits are 0.
    """
    scaled = audio * 2.0 ** (depth - 1)
    whole = np.rint(scaled)
    if depth < 32 and not np.array_equal(whole, scaled):
        whole = np.rint(scaled + random.random(audio.shape, np.float32) - random.random(audio.shape, np.float32))
    limit = 2 ** (depth - 1)
    integers = np.clip(whole.astype(np.float64), -limit, limit - 1).astype(np.int32)
    justified: npt.NDArray[np.int32] = integers * np.int32(2 ** (32 - depth))
    return justified


def choose_format(name: str, like: Reader) -> tuple[str, str]:
    """Container and sample format of a new file, by its ending and the file it is made from.

    Returns
    -------
    tuple of str
        As `soundfile` names them.

    Raises
    ------
    AudioFileError
        If files with this ending cannot be written.
    """
    ending = Path(name).suffix[1:].upper()
    container = _ENDINGS.get(ending, ending)
    if container not in soundfile.available_formats():
        known = "wav, flac, mp3, ogg, opus, aiff, caf, w64"
        raise AudioFileError(f"{name}: files ending in '.{ending.lower()}' cannot be written; choose one of {known}")
    if ending == "OPUS":
        return "OGG", "OPUS"
    if container == like.format and container in _LOSSY:
        return container, like.subtype
    # What comes in blocks of its own length comes back longer.
    kept = [] if like.format in _LOSSY or "ADPCM" in like.subtype or like.subtype == "GSM610" else [like.subtype]
    wanted = [*kept, *_NEAREST.get(like.subtype, []), "PCM_16"]
    lossless = [subtype for subtype in wanted if subtype and soundfile.check_format(container, subtype)]
    subtype = (lossless or [soundfile.default_subtype(container)])[0]
    if container == "WAV":
        size = (like.frames or 0) * like.channels * _DEPTHS.get(subtype, 64) // 8
        container = "RF64" if size > _WAV_LIMIT else like.format if like.format in ("WAVEX", "RF64") else "WAV"
    return container, subtype


def _data_bytes(frames: int, channels: int, subtype: str) -> int:
    """Bytes of audio in a WAV file."""
    return frames * channels * _DEPTHS.get(subtype, 32) // 8


def _place_to_return(stream: BinaryIO) -> int | None:
    """Position at which a stream can be written anew later; None in a pipe, or where all is appended."""
    if not stream.seekable() or sys.platform == "win32" or fcntl.fcntl(stream, fcntl.F_GETFL) & os.O_APPEND:
        return None
    return stream.tell()


def _wav_header(like: Reader, subtype: str, size: int | None) -> bytes:
    """Header of a WAV file with `size` bytes of audio; None where that is unknown."""
    depth = _DEPTHS.get(subtype, 32)
    step = like.channels * depth // 8
    size = 0xFFFFFFFF if size is None else min(size, 0xFFFFFFFF)
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", min(size + 36 + size % 2, 0xFFFFFFFF), b"WAVE"),
        *(b"fmt ", 16, 3 if subtype == "FLOAT" else 1, like.channels),
        *(like.sample_rate, like.sample_rate * step, step, depth),
        *(b"data", size),
    )


def _wav_bytes(frames: npt.NDArray[Any], depth: int | None) -> bytes:
    if depth is None:
        return frames.astype("<f4").tobytes()
    bytes_ = frames.astype("<i4").view(np.uint8).reshape(-1, 4)[:, 4 - depth // 8 :]
    return (bytes_ ^ 0x80 if depth == 8 else bytes_).tobytes()  # 8 bits are unsigned in WAV


def _reason(error: BaseException) -> str:
    if isinstance(error, soundfile.LibsndfileError):
        return str(error.error_string).strip().rstrip(".")
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
