"""Carrying what a file says besides its audio: titles, pictures, time codes, markers."""

import struct
from pathlib import Path
from typing import Any, BinaryIO

import mutagen
from mutagen.flac import FLAC
from mutagen.id3 import ID3, Frames

# Chunks that describe the audio itself, which the new file has of its own.
_AUDIO_CHUNKS = {b"fmt ", b"data", b"fact", b"PEAK", b"ds64", b"JUNK", b"PAD ", b"COMM", b"SSND", b"FVER"}
_LONGEST_CHUNK = 2**26
# ID3's names for what other formats call so; mutagen's own table does not serve the ID3 within WAV and AIFF.
_ID3_FRAMES = {
    "album": "TALB",
    "albumartist": "TPE2",
    "artist": "TPE1",
    "bpm": "TBPM",
    "composer": "TCOM",
    "copyright": "TCOP",
    "date": "TDRC",
    "discnumber": "TPOS",
    "genre": "TCON",
    "isrc": "TSRC",
    "language": "TLAN",
    "organization": "TPUB",
    "title": "TIT2",
    "tracknumber": "TRCK",
}


def carry(source: str | Path, target: str | Path) -> None:
    """Copy tags from one audio file to another, as far as the target's format holds them.

    Between WAV files, and between AIFF files, every chunk besides the audio is copied byte for byte (broadcast
    extension, markers, INFO, ID3 ...). Otherwise the tags are, and between two FLAC files the pictures.

    Parameters
    ----------
    source, target : str or Path
        Finished files.
    """
    with Path(source).open("rb") as old, Path(target).open("r+b") as new:
        kinds = [_kind(file) for file in (old, new)]
        if kinds[0] is not None and kinds[0] == kinds[1]:
            _copy_chunks(old, new, ">" if kinds[0] == b"AIFF" else "<")
            return
    try:
        _copy_tags(str(source), str(target))
    except mutagen.MutagenError:
        return  # tags that cannot be read cannot be carried; the audio is whole


def _kind(file: BinaryIO) -> bytes | None:
    head = file.read(12)
    if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
        return b"WAVE"
    return b"AIFF" if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC") else None


def _copy_chunks(old: BinaryIO, new: BinaryIO, order: str) -> None:
    chunks = b"".join(_chunks(old, order))
    if not chunks:
        return
    size = new.seek(0, 2)
    new.write(b"\0" * (size % 2) + chunks)
    size = new.tell() - 8
    new.seek(0)
    if new.read(4) == b"RF64":  # sizes of 64 bits, in the chunk after the header
        new.seek(20)
        new.write(struct.pack("<Q", size))
    elif size < 2**32:
        new.seek(4)
        new.write(struct.pack(order + "I", size))


def _chunks(file: BinaryIO, order: str) -> list[bytes]:
    """Read a file's chunks, but for those of the audio."""
    chunks = []
    end = file.seek(0, 2)
    position = 12
    long_data = None
    while position + 8 <= end:
        file.seek(position)
        head = file.read(8)
        name, size = head[:4], struct.unpack(order + "4xI", head)[0]
        if name == b"ds64":
            long_data = struct.unpack("<Q", file.read(16)[8:])[0]
        if name == b"data" and size == 0xFFFFFFFF:
            if long_data is None:
                break
            size = long_data
        if name not in _AUDIO_CHUNKS and size <= _LONGEST_CHUNK and position + 8 + size <= end:
            chunks.append(head + file.read(size) + b"\0" * (size % 2))
        position += 8 + size + size % 2
    return chunks


def _copy_tags(source: str, target: str) -> None:
    old, new = mutagen.File(source), mutagen.File(target)
    if old is None or new is None or not old.tags:
        return
    alike = type(old) is type(new)
    if not alike:
        old, new = mutagen.File(source, easy=True), mutagen.File(target, easy=True)
    if new.tags is None:
        new.add_tags()
    for key, value in (old.tags if alike else _named(old.tags)).items():
        # Encoders write a name of their own, and gains were measured on the old audio.
        if key.lower().startswith(("encode", "replaygain_")):
            continue
        try:
            if not alike and isinstance(new.tags, ID3):
                new.tags.add(Frames[_ID3_FRAMES[key]](encoding=3, text=value))  # type: ignore[no-untyped-call]
            else:
                new.tags[key] = value
        except (KeyError, TypeError, ValueError):
            continue  # a name or a value that the target does not know
    if isinstance(old, FLAC) and isinstance(new, FLAC):
        for picture in old.pictures:
            new.add_picture(picture)  # type: ignore[no-untyped-call]
    new.save()


def _named(tags: Any) -> dict[str, list[str]]:
    """Tags by the names that formats share."""
    if not isinstance(tags, ID3):
        return dict(tags)
    return {name: [str(text) for text in tags[frame].text] for name, frame in _ID3_FRAMES.items() if frame in tags}
