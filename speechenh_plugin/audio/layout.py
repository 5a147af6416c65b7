"""Which loudspeaker each channel is for.

A layout is a mask of 18 bits, as in WAV's ``dwChannelMask`` and in FFmpeg: channels are in the order of the bits.
"""

import struct

NAMES = (
    "FL",
    "FR",
    "FC",
    "LFE",
    "BL",
    "BR",
    "FLC",
    "FRC",
    "BC",
    "SL",
    "SR",
    "TC",
    "TFL",
    "TFC",
    "TFR",
    "TBL",
    "TBC",
    "TBR",
)
"""What FFmpeg calls the loudspeakers, from the lowest bit of a mask."""

# Layout tags of Core Audio whose channels are in the order of a mask's bits.
_CAF_TAGS: dict[int, int] = {
    (100 << 16) | 1: 0x4,  # mono
    (101 << 16) | 2: 0x3,  # stereo
    (108 << 16) | 4: 0x33,  # quadraphonic
    (113 << 16) | 3: 0x7,  # MPEG 3.0 A
    (117 << 16) | 5: 0x37,  # MPEG 5.0 A
    (121 << 16) | 6: 0x3F,  # MPEG 5.1 A
    (126 << 16) | 8: 0xFF,  # MPEG 7.1 A
    (133 << 16) | 3: 0xB,  # DVD 4: L R LFE
    (189 << 16) | 8: 0x63F,  # WAVE 7.1
}


def from_caf(chunk: bytes) -> int | None:
    """Read a ``chan`` chunk of CAF; None where its channels are in no mask's order."""
    tag, bitmap, count = map(int, struct.unpack_from(">III", chunk))
    if tag == 1 << 16:  # a bitmap, whose bits are those of WAV
        return bitmap
    if tag != 0:
        return _CAF_TAGS.get(tag)
    labels = [struct.unpack_from(">I", chunk, 12 + 20 * i)[0] for i in range(count) if len(chunk) >= 32 + 20 * i]
    if len(labels) != count or labels != sorted(set(labels)) or not all(1 <= label <= 18 for label in labels):
        return None
    return sum(1 << int(label - 1) for label in labels)  # labels 1 to 18 are the bits


def to_caf(mask: int) -> bytes:
    """Return a whole ``chan`` chunk of CAF."""
    return struct.pack(">4sqIII", b"chan", 12, 1 << 16, mask, 0)


def to_aiff(mask: int) -> bytes:
    """Return a whole ``CHAN`` chunk of AIFF, which holds what CAF's ``chan`` does."""
    return struct.pack(">4sIIII", b"CHAN", 12, 1 << 16, mask, 0)


def from_names(names: list[str]) -> int | None:
    """Return the mask of channels as FFmpeg names them, in any order; None where one has no bit."""
    if len(set(names)) != len(names) or not all(name in NAMES for name in names):
        return None
    return sum(1 << NAMES.index(name) for name in names)


def to_names(mask: int) -> str:
    """Return a layout as FFmpeg reads it: ``"FL+FR+LFE"``."""
    return "+".join(name for bit, name in enumerate(NAMES) if mask >> bit & 1)


def fits(mask: int | None, channels: int) -> bool:
    """Tell whether a mask names as many loudspeakers as there are channels."""
    return mask is not None and 0 < mask < 1 << len(NAMES) and mask.bit_count() == channels


def matters(mask: int | None, channels: int) -> bool:
    """Tell whether a mask says more than the number of channels does."""
    return fits(mask, channels) and (channels, mask) not in ((1, 0x4), (2, 0x3))


# Where a channel stands in Vorbis and Opus (Vorbis I specification, section 4.3.9), by its place in a mask's order.
_VORBIS = {
    3: [0, 2, 1],
    5: [0, 2, 1, 3, 4],
    6: [0, 2, 1, 4, 5, 3],
    7: [0, 2, 1, 5, 6, 4, 3],
    8: [0, 2, 1, 6, 7, 4, 5, 3],
}
DEFAULTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""What FFmpeg takes channels for of which nothing is said."""

VORBIS_MASKS = {1: 0x4, 2: 0x3, 3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x70F, 8: 0x63F}
"""Layouts of Vorbis and Opus, which are also FLAC's where a file says nothing else."""


def vorbis_order(channels: int) -> list[int] | None:
    """Return which channels to write one after another into Vorbis or Opus; None where they stay as they are."""
    return _VORBIS.get(channels)
