"""AIFF and AIFF-C (Apple, 1989 and 1991)."""

import math
import struct
from typing import Literal

from .. import layout
from ..source import Source
from .header import Header

_CODES: dict[bytes, tuple[str, Literal["<", ">"]]] = {
    b"FL32": ("FLOAT", ">"),
    b"fl32": ("FLOAT", ">"),
    b"FL64": ("DOUBLE", ">"),
    b"fl64": ("DOUBLE", ">"),
    b"ULAW": ("ULAW", ">"),
    b"ulaw": ("ULAW", ">"),
    b"ALAW": ("ALAW", ">"),
    b"alaw": ("ALAW", ">"),
    b"raw ": ("PCM_U8", ">"),
}
_WIDTHS = {"FLOAT": 4, "DOUBLE": 8, "ULAW": 1, "ALAW": 1, "PCM_U8": 1}
_PCM = {1: "PCM_S8", 2: "PCM_16", 3: "PCM_24", 4: "PCM_32"}


def matches(head: bytes) -> bool:
    """Tell whether this is AIFF."""
    return head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")


def parse(source: Source) -> Header | None:
    """Read the chunks before the audio, and in a file also those after it, where the format may be."""
    source.skip(12)
    common: bytes | None = None
    mask = None
    sound: tuple[int, int] | None = None
    while len(head := source.read(8)) == 8:
        name, size = struct.unpack(">4sI", head)
        if name == b"SSND":
            gap = struct.unpack(">I4x", source.read(8).ljust(8, b"\0"))[0]
            sound = source.tell() + gap, size - 8 - gap if size >= 8 + gap else 0
            source.skip(gap)
            if source.size is None:
                break
            source.skip(sound[1] + size % 2)
        elif name == b"COMM" and 18 <= size < 2**16:
            common = source.read(size)
            source.skip(size % 2)
        elif name == b"CHAN" and 12 <= size < 2**16:
            mask = layout.from_caf(source.read(size))
            source.skip(size % 2)
        else:
            source.skip(size + size % 2)
    if common is None or sound is None:
        return None
    if source.size is not None:
        source.seek(sound[0])
    channels, bits = struct.unpack_from(">h4xh", common)
    rate = extended(common[8:18])
    if rate < 1 or channels < 1:
        return None
    code = common[18:22] or b"NONE"
    subtype: str | None = None
    order: Literal["<", ">"] = ">"
    if code in _CODES:
        subtype, order = _CODES[code]
    width = _WIDTHS.get(subtype or "", 0)
    valid_bits = None
    if code in (b"NONE", b"twos", b"sowt", b"in24", b"in32"):
        width = {b"in24": 3, b"in32": 4}.get(code, (bits + 7) // 8)
        subtype, order = _PCM.get(width), "<" if code == b"sowt" else ">"
        valid_bits = bits if 0 < bits < 8 * width else None
    return Header(
        "AIFF",
        round(rate),
        channels,
        subtype,
        order,
        width if subtype else 0,
        sound[0],
        sound[1],
        "4+4",
        mask,
        valid_bits,
    )


def extended(data: bytes) -> float:
    """Read a floating-point number of 80 bits."""
    exponent, mantissa = struct.unpack(">HQ", data)
    if exponent & 0x7FFF == 0x7FFF or exponent & 0x8000:
        return 0.0
    try:
        return math.ldexp(mantissa, exponent - 16383 - 63)
    except OverflowError:
        return 0.0
