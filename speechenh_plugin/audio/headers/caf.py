"""Apple's Core Audio Format (Core Audio Format Specification 1.0)."""

import struct
from typing import Literal

from .. import layout
from ..source import Source
from .header import Header

_PCM = {1: "PCM_S8", 2: "PCM_16", 3: "PCM_24", 4: "PCM_32"}
_FLOAT = {4: "FLOAT", 8: "DOUBLE"}


def matches(head: bytes) -> bool:
    """Tell whether this is CAF."""
    return head[:6] == b"caff\0\1"


def parse(source: Source) -> Header | None:
    """Read the chunks before the audio."""
    source.skip(8)
    description: bytes | None = None
    mask = None
    sound: tuple[int, int | None] | None = None
    while len(head := source.read(12)) == 12:
        name, size = struct.unpack(">4sq", head)
        if name == b"data":
            source.skip(4)  # a count of edits
            sound = source.tell(), None if size < 0 else max(size - 4, 0)
            if source.size is None or size < 0:
                break
            source.skip(size - 4)
        elif size < 0:
            break
        elif name == b"desc" and size == 32:
            description = source.read(size)
        elif name == b"chan" and 12 <= size < 2**16:
            mask = layout.from_caf(source.read(size))
        else:
            source.skip(size)
    if sound is None:
        return None
    if source.size is not None:
        source.seek(sound[0])
    return _header(description, *sound, mask)


def _header(description: bytes | None, offset: int, stated: int | None, mask: int | None) -> Header | None:
    if description is None:
        return None
    rate, code, flags, packet, _, channels, bits = struct.unpack(">d4sIIIII", description)
    if not 1 <= rate < 2**31 or not channels:
        return None
    order: Literal["<", ">"] = "<" if flags & 2 else ">"
    width = packet // channels if packet % channels == 0 else 0
    subtype = None
    if code == b"lpcm":
        subtype = (_FLOAT if flags & 1 else _PCM).get(width)
    elif code in (b"ulaw", b"alaw"):
        subtype, width = code.decode().upper(), 1
    valid_bits = bits if code == b"lpcm" and not flags & 1 and 0 < bits < 8 * width else None
    return Header(
        "CAF",
        round(rate),
        channels,
        subtype,
        order,
        width if subtype else 0,
        offset,
        stated,
        "4+8",
        mask,
        valid_bits,
    )
