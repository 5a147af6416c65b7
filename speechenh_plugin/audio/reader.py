"""Opening a recording: what it is by its content, and which decoder reads it."""

import os
from os import PathLike

import numpy as np

from ..errors import AudioFileError
from . import headers
from .ffmpeg_reader import FfmpegReader
from .headers import ogg
from .pcm_reader import PcmReader, extent
from .recording import Audio, Incomplete, Reader
from .soundfile_reader import SoundFileReader
from .source import Source
from .vorbis_reader import VorbisReader

_BLOCK = 65536
_AT_THE_END = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
"""Beginnings of MP4 and MOV, which may say only in the end where what is."""


def open_reader(path: str | PathLike[str], incomplete: Incomplete = "refuse") -> Reader:
    """Open a recording.

    Plain samples are read by what there is. What is compressed is decoded by FFmpeg; what FFmpeg does not know, by
    libsndfile.

    Parameters
    ----------
    path : str or path-like
        A file, or a pipe of a format that can be read forward; ``"-"`` is standard input.
    incomplete : {"refuse", "keep"}
        What to do with a recording that was cut short, damaged or never finished.

    Returns
    -------
    Reader

    Raises
    ------
    AudioFileError
        If it cannot be read, is not audio, or is incomplete and is not to be kept.
    """
    source = Source(os.fspath(path))
    try:
        reader = _open(source, incomplete)
        reader.path = os.fspath(path) if source.is_file else None
        return reader
    except OSError as error:
        source.close()
        raise AudioFileError(f"{source.label} cannot be read: {error.strerror or error}") from None
    except BaseException:
        source.close()
        raise


def _open(source: Source, incomplete: Incomplete) -> Reader:
    header = headers.parse(source)
    if header is not None and header.subtype is not None:
        source.begin()
        return PcmReader(source, header, incomplete)
    if source.size is None:
        if header is None and not source.tell() and source.peek(12)[4:8] not in _AT_THE_END:
            source.begin()
            return FfmpegReader(source, incomplete)
        source.spool()
    source.seek(0)
    if ogg.matches(source.peek(4)) and (links := ogg.vorbis_links(source)):
        return VorbisReader(source, links, incomplete)
    if header is None:
        try:
            return FfmpegReader(source, incomplete)
        except AudioFileError as error:
            source.seek(0)
            try:  # formats of laboratories and of old samplers
                return SoundFileReader(source, incomplete)
            except AudioFileError:
                raise error from None
    found = extent(source, header)
    source.seek(0)
    if header.container == "CAF":  # of what libsndfile has compressed, FFmpeg drops the end
        try:
            return SoundFileReader(source, incomplete, cut=not found.complete)
        except AudioFileError:
            source.seek(0)
    # FFmpeg stops where the header says, unless told otherwise.
    wave = header.container in ("WAV", "WAVEX", "RF64")
    options = {"ignore_length": "1"} if wave and found.size != header.stated else {}
    return FfmpegReader(source, incomplete, options, cut=not found.complete)


def read(path: str | PathLike[str], start: int = 0, frames: int | None = None) -> tuple[Audio, int]:
    """Read a part of a recording.

    Nothing that a header says of the length is believed: what can be decoded is there.

    Parameters
    ----------
    path : str or path-like
        A file.
    start : int
        The first sample.
    frames : int, optional
        How many samples; all that follow, by default. At the end there may be fewer.

    Returns
    -------
    audio : np.ndarray [shape=(channels, samples), dtype=float32]
        Full scale is 1.
    sample_rate : int
        In Hz.

    Raises
    ------
    AudioFileError
        If it cannot be read, is not audio, or is incomplete within that part.

    Examples
    --------
    >>> audio, rate = read("talk.mp3", start=48000, frames=48000)
    """
    reader = open_reader(path)
    try:
        parts: list[Audio] = []
        position, end = 0, None if frames is None else start + frames
        if isinstance(reader, PcmReader):
            position = reader.skip(start)
        for block in reader.blocks(_BLOCK):
            parts.append(block[:, max(start - position, 0) : None if end is None else max(end - position, 0)])
            position += block.shape[1]
            if end is not None and position >= end:
                break
        empty = np.zeros((reader.channels, 0), np.float32)
        return np.concatenate([empty, *parts], axis=1), reader.sample_rate
    finally:
        reader.close()
