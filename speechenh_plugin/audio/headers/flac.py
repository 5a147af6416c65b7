"""FLAC, as far as FFmpeg does not tell it (RFC 9639)."""

from collections.abc import Iterator

_SHORTEST = 8
"""Bytes of a frame, at least: a header of 5, one of a subframe, and the checksum."""


def bits(head: bytes) -> int:
    """Return the bits of a sample that a file states (section 8.2); 0 if it is none.

    Parameters
    ----------
    head : bytes
        The first 22 bytes of a file, or more.

    Returns
    -------
    int
    """
    if head[:4] != b"fLaC" or len(head) < 22 or head[4] & 0x7F:
        return 0
    return ((head[20] & 1) << 4 | head[21] >> 4) + 1


def ends(data: bytes) -> Iterator[int]:
    """Yield where a frame may end, by its checksum (section 9.3): by chance, one place in 65536 looks like it.

    Parameters
    ----------
    data : bytes
        The frame, and what follows it.

    Yields
    ------
    int
        Length of the frame in bytes.
    """
    remainder = 0
    for place, byte in enumerate(data, 1):
        remainder = (remainder << 8 & 0xFF00) ^ _TABLE[remainder >> 8 ^ byte]
        if not remainder and place >= _SHORTEST:
            yield place


def _after(byte: int) -> int:
    """Remainder of a byte divided by x^16 + x^15 + x^2 + 1."""
    remainder = byte << 8
    for _ in range(8):
        remainder = remainder << 1 ^ (0x8005 if remainder & 0x8000 else 0)
    return remainder & 0xFFFF


_TABLE = [_after(byte) for byte in range(256)]
