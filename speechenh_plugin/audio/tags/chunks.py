"""Chunks of WAV, AIFF and CAF files: copied as they are, or read for other formats."""

import io
import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import mutagen
from mutagen.id3 import ID3

from ..headers.aiff import extended
from .common import Chapter, Tags
from .stale import is_stale

# Chunks that describe the audio itself, which the new file has of its own, and those that were measured on the old.
_AUDIO = {b"fmt ", b"data", b"fact", b"ds64", b"JUNK", b"junk", b"PAD ", b"FLLR", b"COMM", b"SSND", b"FVER", b"CHAN"}
_MEASURED = {b"PEAK", b"levl", b"rgad", b"dbmd", b"MD5 "}
_OWN = {b"iXML", b"smpl", b"inst", b"INST", b"cart", b"axml", b"chna"}
"""Chunks that no other format has."""

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


_AIFF = {b"NAME": "title", b"AUTH": "artist", b"(c) ": "copyright", b"ANNO": "comment"}
_CAF = {b"info", b"mark", b"regn", b"strg", b"umid", b"uuid"}
_ORDER = {b"WAVE": "<", b"RIFX": ">", b"AIFF": ">", b"caff": ">"}
"""Order of bytes, by kind of file."""

_TELLING = {b"COMM", b"LIST", b"MARK", b"bext", b"cue ", b"fmt ", b"info", *_AIFF}
_BEXT = 602  # its length without the history of encodings, which tells of the old file
_BEXT_TEXT = (
    ("description", 0, 256),
    ("originator", 256, 32),
    ("originator_reference", 288, 32),
    ("origination_date", 320, 10),
    ("origination_time", 330, 8),
)


@dataclass(frozen=True)
class _Chunk:
    name: bytes
    start: int  # of its content
    size: int


class WriteError(Exception):
    """The new file cannot be written, for the system's `reason`."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class _Written(io.FileIO):
    """A file whose errors can be told from those of the one that is read."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise WriteError(error) from None


@contextmanager
def _writing(path: Path) -> Iterator[BinaryIO]:
    with _Written(path, "r+b") as raw, io.BufferedRandom(raw) as file:
        yield file


def copy(source: str, target: Path) -> bool:
    """Copy the chunks of a file to another of its kind; False if they are of different kinds.

    Raises
    ------
    WriteError
        If the other cannot be written.
    OSError
        If the file cannot be read.
    """
    with open(source, "rb") as old, _writing(target) as new:
        kind = _kind(old)
        if kind is None or kind != _kind(new):
            return False
        if kind == b"caff":
            _copy_caf(old, new)
            return True
        order = _ORDER[kind]
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
    """Read what chunks of WAV, AIFF and CAF files say that other formats hold, too: text, and markers as chapters."""
    with open(source, "rb") as file:
        kind = _kind(file)
        if kind is None:
            return Tags()
        order = _ORDER[kind]
        found: dict[bytes, list[bytes]] = {}
        length = 0
        for chunk in _chunks(file, order) if kind != b"caff" else _caf_chunks(file):
            if chunk.name in (b"data", b"SSND"):
                length = chunk.size
            elif chunk.name in _TELLING and chunk.size <= _LONGEST_READ:
                file.seek(chunk.start)
                found.setdefault(chunk.name, []).append(file.read(chunk.size))
    text = _bext_text(found.get(b"bext", [b""])[0])
    for data in found.get(b"LIST", []):
        text |= _list_text(data, order)
    for name, key in _AIFF.items():
        if values := [_decoded(value) for value in found.get(name, []) if kind == b"AIFF" and value.strip(b"\0")]:
            text[key] = values
    text |= _caf_text(found.get(b"info", [b""])[0])
    return Tags(text, chapters=_markers(found) if kind == b"AIFF" else _chapters(found, length, order))


def left(source: str) -> list[str]:
    """Name the chunks that only files of the same kind have a place for."""
    with open(source, "rb") as file:
        kind = _kind(file)
        if kind in (None, b"caff"):
            return []
        names = {chunk.name for chunk in _chunks(file, _ORDER[kind])}
    return [f"its {name.decode()} chunk" for name in sorted(names & _OWN)]


def _list_text(data: bytes, order: str) -> dict[str, list[str]]:
    """Read an INFO list."""
    text = {}
    for name, content in _parts(data, b"INFO", order):
        value = content.split(b"\0")[0]
        if name in _INFO and value:
            text[_INFO[name]] = [_decoded(value)]
    return text


def _parts(data: bytes, kind: bytes, order: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks within a LIST of a kind: the name and the content of each."""
    at = 4
    while data[:4] == kind and at + 8 <= len(data):
        name, size = struct.unpack_from(f"{order}4sI", data, at)
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _bext_text(data: bytes) -> dict[str, list[str]]:
    """Read the broadcast extension, by FFmpeg's names (EBU Tech 3285)."""
    text = {}
    if len(data) >= _BEXT:
        for key, start, size in _BEXT_TEXT:
            if value := data[start : start + size].split(b"\0")[0].strip():
                text[key] = [_decoded(value)]
        text["time_reference"] = [str(struct.unpack_from("<Q", data, 338)[0])]
    return text


def _caf_text(data: bytes) -> dict[str, list[str]]:
    """Read CAF's information chunk: a number of pairs of strings, each ended by a zero."""
    parts = [_decoded(part) for part in data[4:].split(b"\0")]
    keys = {"track number": "tracknumber", "year": "date", "comments": "comment"}
    return {
        keys.get(key, key): [value]
        for key, value in zip(parts[::2], parts[1::2], strict=False)
        if key and value and not is_stale(key) and key not in ("approximate duration in seconds", "source encoder")
    }


def _chapters(found: Mapping[bytes, list[bytes]], length: int, order: str) -> list[Chapter]:
    """Read cue points as chapters, each to the next one."""
    form = found.get(b"fmt ", [b""])[0]
    if len(form) < 16:
        return []
    rate, byte_rate = struct.unpack_from(f"{order}II", form, 4)
    titles = {}
    for data in found.get(b"LIST", []):
        for name, content in _parts(data, b"adtl", order):
            if name == b"labl" and len(content) >= 4:
                (number,) = struct.unpack_from(f"{order}I", content)
                titles[number] = _decoded(content[4:].split(b"\0")[0])
    points = []
    for data in found.get(b"cue ", []):
        for at in range(4, len(data) - 23, 24):
            number, sample = struct.unpack_from(f"{order}I16xI", data, at)
            if rate:
                points.append((sample / rate, titles.get(number, "")))
    return _between(points, length / byte_rate if byte_rate else 0.0)


def _markers(found: Mapping[bytes, list[bytes]]) -> list[Chapter]:
    """Read markers of AIFF as chapters, each to the next one."""
    form = found.get(b"COMM", [b""])[0]
    rate = extended(form[8:18]) if len(form) >= 18 else 0.0
    points = []
    for data in found.get(b"MARK", []):
        at = 2
        while rate and at + 7 <= len(data):
            sample, size = struct.unpack_from(">2xIB", data, at)
            points.append((sample / rate, _decoded(data[at + 7 : at + 7 + size])))
            at += 7 + size + (size + 1) % 2  # the name, with its length, is padded
    return _between(points, struct.unpack_from(">2xI", form)[0] / rate if rate else 0.0)


def _between(points: list[tuple[float, str]], length: float) -> list[Chapter]:
    """Return chapters from each point to the next one."""
    points.sort()
    ends = [start for start, _ in points[1:]] + [max(length, *(start for start, _ in points))] if points else []
    return [
        Chapter(start, end, title or f"Marker {number}")
        for number, ((start, title), end) in enumerate(zip(points, ends, strict=True), 1)
    ]


def _decoded(value: bytes) -> str:
    value = value.rstrip(b"\0")
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def _kind(file: BinaryIO) -> bytes | None:
    file.seek(0)
    head = file.read(12)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:] == b"WAVE":
        return b"WAVE"
    if head[:4] == b"RIFX" and head[8:] == b"WAVE":
        return b"RIFX"
    if head[:4] == b"caff":
        return b"caff"
    return b"AIFF" if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC") else None


def _caf_chunks(file: BinaryIO) -> Iterator[_Chunk]:
    """Walk over the chunks of a CAF file (sizes of 64 bits; -1 is "to the end")."""
    end = file.seek(0, 2)
    position = 8
    while position + 12 <= end:
        file.seek(position)
        name, size = struct.unpack(">4sq", file.read(12))
        if size < 0 or position + 12 + size > end:
            return
        yield _Chunk(name, position + 12, size)
        position += 12 + size


def _copy_caf(old: BinaryIO, new: BinaryIO) -> None:
    """Copy what a CAF file says besides its audio behind that of another."""
    if not any(chunk.name == b"data" for chunk in _caf_chunks(new)):
        return
    new.seek(0, 2)
    for chunk in _caf_chunks(old):
        if chunk.name in _CAF and chunk.size <= _LONGEST_READ:
            old.seek(chunk.start)
            new.write(struct.pack(">4sq", chunk.name, chunk.size) + old.read(chunk.size))


def _chunks(file: BinaryIO, order: str) -> Iterator[_Chunk]:
    """Walk over chunks, to the end of what is one."""
    end = file.seek(0, 2)
    position, long_data = 12, None
    while position + 8 <= end:
        file.seek(position)
        name, size = struct.unpack(f"{order}4sI", file.read(8))
        if not all(32 <= byte < 127 for byte in name):
            return
        if name == b"ds64" and size >= 16:
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
