"""Mending the time stamps of Ogg Opus files, which libsndfile takes more strictly than players do.

Ffmpeg stamps some pages with the end of a packet that it already moved to the next page. Players count packets
and play such files wholly; libsndfile calls them malformed part-way, or loses samples (RFC 7845, section 4).
"""

import struct
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_HEADER = struct.Struct("<4sBBqIIIB")
_LAST = 4
_LONGEST_PACKET = 5760  # 120 ms
_BIT_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

# Samples at 48 kHz of one frame, by the configuration number in a packet's first byte (RFC 6716, table 2).
_FRAME = [*(480, 960, 1920, 2880) * 3, *(480, 960) * 2, *(120, 240, 480, 960) * 4]


@dataclass
class _Page:
    flags: int
    granule: int
    data: bytearray
    samples: int


def mend(source: BinaryIO) -> BinaryIO | None:
    """Copy an Ogg Opus file with the time stamps that its packets add up to.

    Parameters
    ----------
    source : binary file
        At its start.

    Returns
    -------
    binary file or None
        A temporary file, at its start. None if no copy is needed: where the stamps are right, and where they
        differ in another way than the one above, as after a loss.
    """
    if source.read(4) != b"OggS" or b"OpusHead" not in source.read(64):
        return None
    source.seek(0)
    total, excesses = 0, []
    for page in _pages(source):
        total += page.samples
        if page.samples and not page.flags & _LAST:
            excesses.append(page.granule - total)
    offset = min(excesses, default=0)
    if offset < 0 or not 0 < max(excesses, default=0) - offset < _LONGEST_PACKET:
        return None

    source.seek(0)
    target = tempfile.TemporaryFile()  # noqa: SIM115  # the caller closes it
    total = offset
    for page in _pages(source):
        total += page.samples
        if page.samples:
            granule = min(page.granule, total) if page.flags & _LAST else total
            struct.pack_into("<q", page.data, 6, granule)
            struct.pack_into("<I", page.data, 22, 0)
            struct.pack_into("<I", page.data, 22, _checksum(page.data))
        target.write(page.data)
    target.seek(0)
    return target


def _pages(file: BinaryIO) -> Iterator[_Page]:
    """Read the pages of one logical stream; stop at anything else."""
    packet = b""  # start of a packet that goes on in the next page
    headers, serial = 2, None
    while len(header := file.read(_HEADER.size)) == _HEADER.size:
        magic, _, flags, granule, number, _, _, segments = _HEADER.unpack(header)
        if magic != b"OggS" or serial not in (None, number):
            return
        serial = number
        lacing = file.read(segments)
        body = file.read(sum(lacing))
        if len(lacing) < segments or len(body) < sum(lacing):
            return
        samples = start = size = 0
        for lace in lacing:
            size += lace
            if lace < 255:
                packet += body[start : start + size]
                if headers:
                    headers -= 1
                else:
                    samples += _duration(packet)
                packet, start, size = b"", start + size, 0
        packet += body[start : start + size]
        yield _Page(flags, granule, bytearray(header + lacing + body), samples)


def _duration(packet: bytes) -> int:
    """Count the samples of a packet at 48 kHz (RFC 6716, section 3)."""
    if not packet:
        return 0
    code = packet[0] & 3
    frames = (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 0)[code]
    return frames * _FRAME[packet[0] >> 3]


def _checksum(page: bytes | bytearray) -> int:
    """Ogg's CRC: zlib's polynomial with the bits in the other order, from 0 and without inversion."""
    crc = zlib.crc32(page.translate(_BIT_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2)
