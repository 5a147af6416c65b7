"""Chunks of WAV and of AIFF files, copied as they are."""

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import mutagen
from mutagen.id3 import ID3

from .common import Tags
from .stale import is_stale

# Chunks that describe the audio itself, which the new file has of its own, and those that were measured on the old.
_AUDIO = {b"fmt ", b"data", b"fact", b"ds64", b"JUNK", b"junk", b"PAD ", b"FLLR", b"COMM", b"SSND", b"FVER", b"CHAN"}
_MEASURED = {b"PEAK", b"levl", b"rgad", b"dbmd"}
_STEP = 2**20
_LONGEST_READ = 2**26  # longer chunks are copied unread
_LOUDNESS = 412  # of bext: five numbers of 16 bits (EBU Tech 3285, version 2)
_IXML = re.compile(rb"<(BWF_(?:LOUDNESS|MAX_)\w+|LOUDNESS)>.*?</\1>", re.DOTALL)
_INFO = {
    b"IART": "artist",
    b"ICMT": "comment",
    b"ICOP": "copyright",
    b"ICRD": "date",
    b"IGNR": "genre",
    b"ILNG": "language",
    b"INAM": "title",
    b"IPRD": "album",
    b"IPRT": "tracknumber",
    b"ITRK": "tracknumber",
}


@dataclass(frozen=True)
class _Chunk:
    name: bytes
    start: int  # of its content
    size: int


def copy(source: str, target: Path) -> bool:
    """Copy the chunks of a file to another of its kind; False if they are of different kinds."""
    with open(source, "rb") as old, target.open("r+b") as new:
        kind = _kind(old)
        if kind is None or kind != _kind(new):
            return False
        order = ">" if kind == b"AIFF" else "<"
        end = new.seek(0, 2)
        for chunk in _chunks(old, order):
            if chunk.name not in _AUDIO | _MEASURED:
                new.write(b"\0" * (new.tell() % 2))
                _copy_chunk(old, chunk, new, order)
        if new.tell() != end:
            new.write(b"\0" * (new.tell() % 2))
            _set_size(new, order)
    return True


def read_info(source: str) -> Tags:
    """Read the INFO list of a WAV file."""
    text: dict[str, list[str]] = {}
    with open(source, "rb") as file:
        if _kind(file) != b"WAVE":
            return Tags()
        for chunk in _chunks(file, "<"):
            if chunk.name != b"LIST" or chunk.size > _LONGEST_READ:
                continue
            file.seek(chunk.start)
            data = file.read(chunk.size)
            at = 4
            while data[:4] == b"INFO" and at + 8 <= len(data):
                name, size = struct.unpack_from("<4sI", data, at)
                value = data[at + 8 : at + 8 + size].split(b"\0")[0]
                at += 8 + size + size % 2
                if name in _INFO and value:
                    try:
                        text[_INFO[name]] = [value.decode()]
                    except UnicodeDecodeError:
                        text[_INFO[name]] = [value.decode("cp1252", "replace")]
    return Tags(text)


def _kind(file: BinaryIO) -> bytes | None:
    file.seek(0)
    head = file.read(12)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:] == b"WAVE":
        return b"WAVE"
    return b"AIFF" if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC") else None


def _chunks(file: BinaryIO, order: str) -> Iterator[_Chunk]:
    """Walk over chunks, to the end of what is one."""
    end = file.seek(0, 2)
    position, long_data = 12, None
    while position + 8 <= end:
        file.seek(position)
        name, size = struct.unpack(f"{order}4sI", file.read(8))
        if not all(32 <= byte < 127 for byte in name):
            return
        if name == b"ds64":
            long_data = struct.unpack("<8xQ", file.read(16))[0]
        if name == b"data" and size == 0xFFFFFFFF:
            if long_data is None:
                return
            size = long_data
        if position + 8 + size > end:
            return
        yield _Chunk(name, position + 8, size)
        position += 8 + size
        if size % 2:
            file.seek(position)
            position += file.read(1) in (b"", b"\0")  # some programs leave the padding out


def _copy_chunk(old: BinaryIO, chunk: _Chunk, new: BinaryIO, order: str) -> None:
    old.seek(chunk.start)
    if chunk.size <= _LONGEST_READ and chunk.name in (b"bext", b"iXML", b"id3 ", b"ID3 "):
        data = old.read(chunk.size)
        data = (
            _clear_bext(data) if chunk.name == b"bext" else _clear_ixml(data) if chunk.name == b"iXML" else _id3(data)
        )
        if data:
            new.write(struct.pack(f"{order}4sI", chunk.name, len(data)) + data)
        return
    new.write(struct.pack(f"{order}4sI", chunk.name, chunk.size))
    missing = chunk.size
    while missing > 0:
        part = old.read(min(missing, _STEP))
        if not part:
            new.write(bytes(missing))
            return
        new.write(part)
        missing -= len(part)


def _clear_bext(data: bytes) -> bytes:
    """Mark the loudness as unknown, as which the standard takes 0x7FFF."""
    if len(data) < _LOUDNESS + 10 or struct.unpack_from("<H", data, 346)[0] != 2:
        return data
    return data[:_LOUDNESS] + b"\xff\x7f" * 5 + data[_LOUDNESS + 10 :]


def _clear_ixml(data: bytes) -> bytes:
    return _IXML.sub(b"", data)


def _id3(data: bytes) -> bytes:
    """Leave out what is stale; all else stays byte for byte where nothing is."""
    try:
        tags = ID3(io.BytesIO(data))
    except mutagen.MutagenError:
        return data
    names = [key for key in tags if is_stale(key)]
    if not names:
        return data
    for name in names:
        del tags[name]
    if not tags:
        return b""
    written = io.BytesIO()
    tags.save(written, v2_version=tags.version[1] if tags.version[1] in (3, 4) else 4)
    return written.getvalue()


def _set_size(file: BinaryIO, order: str) -> None:
    size = file.seek(0, 2) - 8
    file.seek(0)
    if file.read(4) == b"RF64":  # sizes of 64 bits, in the chunk after the header
        file.seek(20)
        file.write(struct.pack("<Q", size))
    else:
        file.seek(4)
        file.write(struct.pack(f"{order}I", min(size, 0xFFFFFFFF)))
