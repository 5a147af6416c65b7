"""The first frame of an MP3 file, in which an encoder may state how many follow."""

import struct

from ..source import Source

_SEARCHED = 2**16


def stated_samples(source: Source) -> int | None:
    """Return how many samples a file states in a Xing or VBRI header.

    Parameters
    ----------
    source : Source
        A file; it is left at its start.

    Returns
    -------
    int or None
        With the delay and the padding of the encoder. None where nothing is stated.
    """
    source.seek(0)
    head = source.read(10)
    if head[:3] == b"ID3" and len(head) == 10:
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        source.seek(10 + size)
    else:
        source.seek(0)
    data = source.read(_SEARCHED)
    source.seek(0)
    for at in range(len(data) - 60):
        if data[at] == 0xFF and data[at + 1] & 0xE6 == 0xE2:  # layer III
            return _stated(data[at:])
    return None


def _stated(frame: bytes) -> int | None:
    first = frame[1] >> 3 & 3 == 3  # MPEG-1; the others have half as many samples a frame
    mono = frame[3] >> 6 == 3
    at = 4 + ((17 if mono else 32) if first else (9 if mono else 17))
    frames = 0
    if frame[at : at + 4] in (b"Xing", b"Info") and frame[at + 7] & 1:
        frames = struct.unpack_from(">I", frame, at + 8)[0]
    elif frame[36:40] == b"VBRI":
        frames = struct.unpack_from(">I", frame, 50)[0]
    return frames * (1152 if first else 576) or None
