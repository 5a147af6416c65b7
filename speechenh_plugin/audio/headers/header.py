"""What a header says of the audio that follows it."""

from dataclasses import dataclass
from typing import Literal

Chunks = Literal["none", "4+4", "4+8", "16+8"]
"""How the chunks of a container begin: bytes of the name, and of the size."""


@dataclass(frozen=True)
class Header:
    """What a header says.

    Attributes
    ----------
    container : str
        As `soundfile` names it.
    sample_rate : int
        In Hz.
    channels : int
        Number of channels.
    subtype : str or None
        Sample format as `soundfile` names it; None for one that is compressed.
    order : {"<", ">"}
        Order of bytes, as in `struct`.
    width : int
        Bytes of a sample; 0 where it is compressed.
    offset : int
        Where the audio begins, in bytes.
    stated : int or None
        Bytes of audio; None where the header says that it does not know.
    chunks : str
        How chunks begin that may follow the audio.
    mask : int or None
        Loudspeakers of the channels, as in `layout`.
    valid_bits : int or None
        Bits of a sample that are used.
    """

    container: str
    sample_rate: int
    channels: int
    subtype: str | None
    order: Literal["<", ">"]
    width: int
    offset: int
    stated: int | None
    chunks: Chunks
    mask: int | None = None
    valid_bits: int | None = None
