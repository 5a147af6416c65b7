"""WAV for pipes: headers that state what is known of the length."""

import os
import struct
import sys
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from .formats import DEPTHS
from .recording import Reader

if sys.platform != "win32":
    import fcntl


def data_bytes(frames: int, channels: int, subtype: str) -> int:
    """Bytes of audio in a WAV file."""
    return frames * channels * DEPTHS.get(subtype, 32) // 8


def place_to_return(stream: BinaryIO) -> int | None:
    """Position at which a stream can be written anew later; None in a pipe, or where all is appended."""
    if not stream.seekable() or sys.platform == "win32" or fcntl.fcntl(stream, fcntl.F_GETFL) & os.O_APPEND:
        return None
    return stream.tell()


def header(like: Reader, subtype: str, size: int | None) -> bytes:
    """Header of a WAV file with `size` bytes of audio; None where that is unknown."""
    depth = DEPTHS.get(subtype, 32)
    step = like.channels * depth // 8
    size = 0xFFFFFFFF if size is None else min(size, 0xFFFFFFFF)
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", min(size + 36 + size % 2, 0xFFFFFFFF), b"WAVE"),
        *(b"fmt ", 16, 3 if subtype == "FLOAT" else 1, like.channels),
        *(like.sample_rate, like.sample_rate * step, step, depth),
        *(b"data", size),
    )


def samples(frames: npt.NDArray[Any], depth: int | None) -> bytes:
    """Encode samples of shape (samples, channels): float32, or left-justified int32 of a depth in bits."""
    if depth is None:
        return frames.astype("<f4").tobytes()
    bytes_ = frames.astype("<i4").view(np.uint8).reshape(-1, 4)[:, 4 - depth // 8 :]
    return (bytes_ ^ 0x80 if depth == 8 else bytes_).tobytes()  # 8 bits are unsigned in WAV
