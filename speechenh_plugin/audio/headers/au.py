"""Sun and NeXT's AU, in either order of bytes."""

import struct
from typing import Literal

from ..source import Source
from .header import Header

_SUBTYPES = {
    1: ("ULAW", 1),
    2: ("PCM_S8", 1),
    3: ("PCM_16", 2),
    4: ("PCM_24", 3),
    5: ("PCM_32", 4),
    6: ("FLOAT", 4),
    7: ("DOUBLE", 8),
    27: ("ALAW", 1),
}


def matches(head: bytes) -> bool:
    """Tell whether this is AU."""
    return head[:4] in (b".snd", b"dns.")


def parse(source: Source) -> Header | None:
    """Read the header."""
    head = source.read(24)
    order: Literal["<", ">"] = ">" if head[:1] == b"." else "<"
    if len(head) < 24:
        return None
    offset, size, encoding, rate, channels = struct.unpack(f"{order}4xIIIII", head)
    if offset < 24 or not rate or not channels:
        return None
    source.skip(offset - 24)
    subtype, width = _SUBTYPES.get(encoding, (None, 0))
    stated = None if size == 0xFFFFFFFF else size
    return Header("AU", rate, channels, subtype, order, width, offset, stated, "none")
