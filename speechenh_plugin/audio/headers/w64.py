"""Sony Wave64: WAV with names of 16 bytes and sizes of 8."""

import struct

from ..source import Source
from . import wave
from .header import Header

_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_REST = bytes.fromhex("f3acd3118cd100c04f8edb8a")
"""The names of all other chunks: four letters, and this."""


def matches(head: bytes) -> bool:
    """Tell whether this is Wave64."""
    return head[:16] == _RIFF and head[24:40] == b"wave" + _REST


def parse(source: Source) -> Header | None:
    """Read the chunks before the audio."""
    source.skip(40)
    format_ = None
    while len(head := source.read(24)) == 24:
        size = struct.unpack("<16xQ", head)[0]
        if head[:16] == b"data" + _REST:
            if format_ is None:
                return None
            # Its own 24 bytes count; what no file can hold is a placeholder.
            stated = None if size >= 2**62 else max(size - 24, 0)
            return Header(
                "W64",
                format_.sample_rate,
                format_.channels,
                format_.subtype,
                "<",
                format_.width,
                source.tell(),
                stated,
                "16+8",
                format_.mask,
                format_.valid_bits,
            )
        if size < 24 or size >= 2**62:
            return None
        if head[:16] == b"fmt " + _REST and size < 2**16:
            format_ = wave.parse_format(source.read(size - 24), "<")
            source.skip(-size % 8)
        else:
            source.skip(size - 24 + -size % 8)
    return None
