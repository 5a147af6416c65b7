"""Pages of Ogg (RFC 3533): which streams a file holds, and whether the last is whole."""

import struct

from ..source import Source

_PAGE = struct.Struct("<4sBBqIIIB")
_FIRST, _LAST = 2, 4


def matches(head: bytes) -> bool:
    """Tell whether this is Ogg."""
    return head[:4] == b"OggS"


def vorbis_links(source: Source) -> list[tuple[int, int]]:
    """Find the Vorbis streams that follow one another in a file, as where files were joined.

    Parameters
    ----------
    source : Source
        A file; it is left at its start.

    Returns
    -------
    list of (int, int)
        First byte of each stream, and the one after its last. Empty where streams differ in rate or channels, of which
        there are one or two, where anything is missing, and where anything else lies between.
    """
    links: list[tuple[int, int]] = []
    form = None
    position = 0
    while position != source.size:
        source.seek(position)
        link = _vorbis_stream(source)
        if link is None or form not in (None, link):
            links = []
            break
        form = link
        links.append((position, source.tell()))
        position = source.tell()
    source.seek(0)
    return links


def _vorbis_stream(source: Source) -> bytes | None:
    """Go to the end of the stream that begins here; return its channels and rate as stored, or None if none does."""
    number, form, ended = None, None, False
    while not ended and len(header := source.read(_PAGE.size)) == _PAGE.size:
        magic, _, flags, _, serial, _, _, segments = _PAGE.unpack(header)
        size = sum(lacing) if len(lacing := source.read(segments)) == segments else 0
        if number is None:
            first = source.read(size)
            if magic != b"OggS" or first[:7] != b"\1vorbis" or first[11:12] not in (b"\1", b"\2") or not flags & _FIRST:
                return None
            number, form = serial, first[11:16]
        elif magic != b"OggS" or serial != number or flags & _FIRST:
            return None
        else:
            before = source.tell()
            source.skip(size)
            if source.tell() - before != size:
                return None
        ended = bool(flags & _LAST)
    return form if ended else None


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
