"""WAV: RIFF, RIFX, RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088)."""

import struct
from dataclasses import dataclass
from typing import Literal

from ..source import Source
from .header import Header

_UNKNOWN = 0xFFFFFFFF
_LONGEST_FORMAT = 2**16


@dataclass(frozen=True)
class Format:
    """A ``fmt`` chunk."""

    sample_rate: int
    channels: int
    subtype: str | None
    width: int
    mask: int | None
    valid_bits: int | None


def matches(head: bytes) -> bool:
    """Tell whether this is WAV."""
    return head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and head[8:12] == b"WAVE"


def parse(source: Source) -> Header | None:
    """Read the chunks before the audio."""
    magic = source.read(12)[:4]
    order: Literal["<", ">"] = ">" if magic == b"RIFX" else "<"
    format_, long_size, extensible = None, 0, False
    while len(head := source.read(8)) == 8:
        name, size = struct.unpack(f"{order}4sI", head)
        if name == b"data":
            if format_ is None:
                return None
            stated: int | None = size
            if magic in (b"RF64", b"BW64") and size == _UNKNOWN:
                stated = long_size if long_size < 2**62 else None
            container = "RF64" if magic in (b"RF64", b"BW64") else "WAVEX" if extensible else "WAV"
            return Header(
                container,
                format_.sample_rate,
                format_.channels,
                format_.subtype,
                order,
                format_.width,
                source.tell(),
                stated,
                "4+4",
                format_.mask,
                format_.valid_bits,
            )
        if name == b"fmt " and size < _LONGEST_FORMAT:
            data = source.read(size)
            format_ = parse_format(data, order)
            extensible = data[:2] in (b"\xfe\xff", b"\xff\xfe")
            source.skip(size % 2)
        elif name == b"ds64" and 28 <= size < _LONGEST_FORMAT:
            long_size = struct.unpack_from("<Q", source.read(size), 8)[0]
        else:
            source.skip(size + size % 2)
    return None


def parse_format(data: bytes, order: str) -> Format | None:
    """Read a ``fmt`` chunk; None if it makes no sense."""
    if len(data) < 16:
        return None
    tag, channels, rate, _, step, bits = struct.unpack_from(f"{order}HHIIHH", data)
    mask, valid = None, bits
    if tag == 0xFFFE and len(data) >= 26:
        valid, mask, tag = struct.unpack_from(f"{order}HIH", data, 18)
    if not rate or not channels:
        return None
    width = step // channels if step % channels == 0 else 0
    subtype = {
        (1, 1): "PCM_U8",
        (1, 2): "PCM_16",
        (1, 3): "PCM_24",
        (1, 4): "PCM_32",
        (3, 4): "FLOAT",
        (3, 8): "DOUBLE",
        (6, 1): "ALAW",
        (7, 1): "ULAW",
    }.get((tag, width))
    valid_bits = valid if tag == 1 and 0 < valid < 8 * width else None
    return Format(rate, channels, subtype, width if subtype else 0, mask, valid_bits)
