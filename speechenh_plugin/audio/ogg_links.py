"""Ogg files that were joined: each stream gets a number of its own, as the format wants (RFC 3533, section 4)."""

import io
import struct
import zlib

from .source import Source

_PAGE = struct.Struct("<4sBBqIIIB")
_FIRST = 2
_BIT_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Renumbered(io.RawIOBase):
    """The bytes of an Ogg file, in which no number of a stream comes back: else FFmpeg drops the second one.

    Parameters
    ----------
    source : Source
        At its start.
    """

    name = ""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._ready = b""
        self._numbers: dict[int, int] = {}  # what each number is changed to
        self._in_head = True

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return False."""
        return False

    def read(self, size: int = -1, /) -> bytes:
        """Read up to `size` bytes, all by default."""
        while (size < 0 or len(self._ready) < size) and (page := self._page()):
            self._ready += page
        end = len(self._ready) if size < 0 else size
        data, self._ready = self._ready[:end], self._ready[end:]
        return data

    def _page(self) -> bytes:
        """Read a page; where there is none, whatever comes."""
        head = self._source.read(_PAGE.size)
        if len(head) < _PAGE.size or head[:4] != b"OggS":
            return head
        flags, number, segments = head[5], struct.unpack_from("<I", head, 14)[0], head[26]
        lacing = self._source.read(segments)
        page = bytearray(head + lacing + self._source.read(sum(lacing)))
        if not flags & _FIRST:
            self._in_head = False
        elif not self._in_head or number not in self._numbers:
            self._in_head = True
            self._numbers[number] = number if number not in self._numbers else self._unused()
        changed = self._numbers.get(number, number)
        if changed != number:
            struct.pack_into("<I", page, 14, changed)
            struct.pack_into("<I", page, 22, 0)
            struct.pack_into("<I", page, 22, _checksum(page))
        return bytes(page)

    def _unused(self) -> int:
        return max(*self._numbers, *self._numbers.values()) % (2**32 - 1) + 1


def repeats(source: Source) -> bool:
    """Tell whether a number of a stream comes back in a file, which is left where it is; False in a pipe."""
    if source.size is None:
        return False
    here, numbers, in_head = source.tell(), set(), True
    found = False
    while not found and len(head := source.read(_PAGE.size)) == _PAGE.size and head[:4] == b"OggS":
        number = struct.unpack_from("<I", head, 14)[0]
        first = bool(head[5] & _FIRST)
        found = first and number in numbers and not in_head
        numbers.add(number)
        in_head = first
        source.skip(sum(source.read(head[26])))
    source.seek(here)
    return found


def _checksum(page: bytes | bytearray) -> int:
    """Return Ogg's CRC: zlib's polynomial with the bits in the other order, from 0 and without inversion."""
    crc = zlib.crc32(page.translate(_BIT_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2)
