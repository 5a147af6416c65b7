"""TFRecord files and the messages in them (tf.train.Example), without TensorFlow.

A record is its length (8 bytes, little endian), a masked CRC-32C of these, the message, and a masked CRC-32C of it. A
message is a protocol buffer: a map of names to lists of bytes, of float32 or of int64.
https://www.tensorflow.org/tutorials/load_data/tfrecord
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import google_crc32c
import numpy as np
import numpy.typing as npt

Feature = Sequence[bytes] | npt.NDArray[np.float32] | npt.NDArray[np.int64]

_BYTES, _FLOAT, _INT = 1, 2, 3
"""Numbers of the fields of tf.train.Feature."""

_VARINT, _LENGTH, _FIXED32, _FIXED64 = 0, 2, 5, 1
"""Wire types of protocol buffers."""


class RecordError(Exception):
    """A TFRecord file that is damaged, or that holds other messages."""


def write(file: BinaryIO, message: bytes) -> None:
    """Append a record."""
    length = struct.pack("<Q", len(message))
    file.write(length + _masked_crc(length) + message + _masked_crc(message))


def read(path: Path) -> Iterator[bytes]:
    """Read the messages of a file.

    Raises
    ------
    RecordError
        If the file is cut short or damaged.
    """
    with path.open("rb") as file:
        while head := file.read(12):
            length = int.from_bytes(head[:8], "little")
            if len(head) < 12 or head[8:] != _masked_crc(head[:8]):
                raise RecordError(f"{path} is no TFRecord file, or is damaged.")
            message, check = file.read(length), file.read(4)
            if len(message) < length or check != _masked_crc(message):
                raise RecordError(f"{path} is cut short or damaged.")
            yield message


def offsets(path: Path) -> list[tuple[int, int]]:
    """Find where each message of a file begins, and its length; the messages are not read.

    Raises
    ------
    RecordError
        If the file is no TFRecord file, or is cut short.
    """
    found: list[tuple[int, int]] = []
    at, size = 0, path.stat().st_size
    with path.open("rb") as file:
        while at < size:
            file.seek(at)
            head = file.read(12)
            length = int.from_bytes(head[:8], "little")
            if len(head) < 12 or head[8:] != _masked_crc(head[:8]) or at + 16 + length > size:
                raise RecordError(f"{path} is no TFRecord file, or is damaged.")
            found.append((at + 12, length))
            at += 16 + length
    return found


def encode(features: Mapping[str, Feature]) -> bytes:
    """Write a tf.train.Example; equal features give equal bytes, whatever their order."""
    entries = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, _encode_feature(features[name]))) for name in sorted(features)
    )
    return _field(1, entries)


def decode(message: bytes) -> dict[str, Feature]:
    """Read a tf.train.Example.

    Raises
    ------
    RecordError
        If it is none.
    """
    features: dict[str, Feature] = {}
    try:
        for _, body in _fields(message):
            for _, entry in _fields(body):
                parts = dict(_fields(entry))
                features[parts[1].decode()] = _decode_feature(parts.get(2, b""))
    except (KeyError, ValueError, IndexError, struct.error) as error:
        raise RecordError(f"a record is no tf.train.Example: {error}") from error
    return features


def _masked_crc(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _encode_feature(feature: Feature) -> bytes:
    if not isinstance(feature, np.ndarray):
        return _field(_BYTES, b"".join(_field(1, value) for value in feature))
    if feature.dtype == np.float32:
        return _field(_FLOAT, _field(1, feature.astype("<f4").tobytes()))
    return _field(_INT, _field(1, b"".join(_varint(int(value) & (1 << 64) - 1) for value in feature)))


def _decode_feature(message: bytes) -> Feature:
    for kind, body in _fields(message):
        if kind == _BYTES:
            return [value for _, value in _fields(body)]
        if kind == _FLOAT:
            return np.frombuffer(b"".join(value for _, value in _fields(body)), "<f4").astype(np.float32)
        values: list[int] = []
        for _, packed in _fields(body):
            at = 0
            while at < len(packed):
                value, at = _read_varint(packed, at)
                values.append(value)
        return np.array(values, np.uint64).astype(np.int64)
    return []


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH) + _varint(len(body)) + body


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the number and the bytes of each field; numbers that are not packed as they would be if they were."""
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        wire = key & 7
        start = at
        if wire == _VARINT:
            _, end = _read_varint(message, at)
        elif wire == _LENGTH:
            length, start = _read_varint(message, at)
            end = start + length
        elif wire in (_FIXED32, _FIXED64):
            end = start + (4 if wire == _FIXED32 else 8)
        else:
            raise ValueError(f"wire type {wire}")
        if end > len(message):
            raise ValueError("a field is cut short")
        yield key >> 3, message[start:end]
        at = end


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
