"""Pages of Ogg (RFC 3533): whether a file is one whole stream."""

import struct

from ..source import Source

_PAGE = struct.Struct("<4sBBqIIIB")
_FIRST, _LAST = 2, 4


def matches(head: bytes) -> bool:
    """Tell whether this is Ogg."""
    return head[:4] == b"OggS"


def is_one_vorbis_stream(source: Source) -> bool:
    """Tell whether a file is one Vorbis stream of one or two channels, from its first page to its last.

    Parameters
    ----------
    source : Source
        A file; it is left at its start.

    Returns
    -------
    bool
        False also where streams follow one another, where anything is missing, and where anything else lies between.
    """
    source.seek(0)
    number, ended = None, False
    while not ended and len(header := source.read(_PAGE.size)) == _PAGE.size:
        magic, _, flags, _, serial, _, _, segments = _PAGE.unpack(header)
        size = sum(source.read(segments))
        if number is None:
            first = source.read(size)
            if first[:7] != b"\1vorbis" or first[11:12] not in (b"\1", b"\2") or not flags & _FIRST:
                break
            number = serial
        elif magic != b"OggS" or serial != number or flags & _FIRST:
            break
        else:
            source.skip(size)
        ended = bool(flags & _LAST)
    whole = ended and source.tell() == source.size
    source.seek(0)
    return whole


def ends(tail: bytes) -> bool:
    """Tell whether the last page is whole, and marked as the last of its stream.

    Parameters
    ----------
    tail : bytes
        The last bytes of a file or of a pipe.
    """
    at = tail.rfind(b"OggS")
    if at < 0 or len(tail) < at + _PAGE.size:
        return False
    _, _, flags, _, _, _, _, segments = _PAGE.unpack_from(tail, at)
    lacing = tail[at + _PAGE.size : at + _PAGE.size + segments]
    return len(lacing) == segments and bool(flags & _LAST) and at + _PAGE.size + segments + sum(lacing) <= len(tail)
