"""The plug-in's state, and the ``.vstpreset`` files that carry it.

A preset is Steinberg's plain container: ``b"VST3"``, int32 version 1, 32 characters of class id, int64
offset of the chunk list; the chunks; then ``b"List"``, int32 count, and for each chunk its 4-character name,
int64 offset and int64 size. The chunk ``Comp`` is the component's state, here::

    b"DDST", u32 version = 2, u32 CRC-32 of what follows
    u32 count, then count times: u32 parameter id, f64 plain value
    u32 kind (0 = bundled model's name, 1 = a whole model file), u32 size, the bytes; an empty name keeps the model

All numbers are little-endian. ``native/shell/state.h`` is the plug-in's side.
"""

import json
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

_STATE = b"DDST"
_VERSION = 2
_HEAD = struct.Struct("<4sII")


class State(NamedTuple):
    """What a session or preset stores.

    Attributes
    ----------
    values : dict of int to float
        Plain value of each parameter, by parameter id. The plug-in fills in what is missing.
    model : str or bytes
        Name of a bundled model, or a whole model file.
    """

    values: dict[int, float]
    model: str | bytes


def pack_state(state: State) -> bytes:
    """Write a state as the plug-in reads it.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
    """
    values = b"".join(struct.pack("<Id", *item) for item in state.values.items())
    embedded = isinstance(state.model, bytes)
    model = state.model if isinstance(state.model, bytes) else state.model.encode()
    body = struct.pack("<I", len(state.values)) + values + struct.pack("<II", embedded, len(model)) + model
    return _HEAD.pack(_STATE, _VERSION, zlib.crc32(body)) + body


def unpack_state(chunk: bytes) -> State:
    """Read a state that the plug-in wrote.

    Parameters
    ----------
    chunk : bytes

    Returns
    -------
    State

    Raises
    ------
    ValueError
        If the bytes are no whole state of this version, or damaged.
    """
    body = chunk[_HEAD.size :]
    try:
        magic, version, checksum = _HEAD.unpack_from(chunk)
        if magic != _STATE or version != _VERSION:
            raise ValueError("this is no DeepDenoise state, or one of another version")
        if zlib.crc32(body) != checksum:
            raise ValueError("this is no sound DeepDenoise state: its checksum is wrong")
        (count,) = struct.unpack_from("<I", body)
        values = dict(struct.unpack_from("<Id", body, 4 + 12 * i) for i in range(count))
        embedded, size = struct.unpack_from("<II", body, 4 + 12 * count)
    except struct.error:
        raise ValueError("this is no DeepDenoise state: it ends too early") from None
    model = body[12 + 12 * count :]
    if len(model) != size:
        raise ValueError("this is no DeepDenoise state: its model is not of the size that it says")
    return State(values, model if embedded else model.decode(errors="replace"))


def class_id(bundle: Path) -> str:
    """Class id of the plug-in, 32 hexadecimal digits, as its bundle declares it."""
    info = json.loads((bundle / "Contents" / "Resources" / "moduleinfo.json").read_text("utf-8"))
    return str(info["Classes"][0]["CID"])


def pack_preset(state: State, cid: str) -> bytes:
    """Write a state as the contents of a ``.vstpreset`` file, which any VST3 host loads.

    Parameters
    ----------
    state : State
    cid : str
        Class id, see `class_id`.

    Returns
    -------
    bytes
    """
    chunk = pack_state(state)
    start = 48
    head = struct.pack("<4si32sq", b"VST3", 1, cid.encode(), start + len(chunk))
    return head + chunk + struct.pack("<4si4sqq", b"List", 1, b"Comp", start, len(chunk))


def unpack_preset(preset: bytes) -> State:
    """Read the state out of a preset.

    Parameters
    ----------
    preset : bytes
        Contents of a ``.vstpreset`` file, or ``preset_data`` of an effect.

    Returns
    -------
    State

    Raises
    ------
    ValueError
        If the bytes are no preset, or one without a DeepDenoise state.
    """
    try:
        magic, _, _, entries = struct.unpack_from("<4si32sq", preset)
        name, count = struct.unpack_from("<4si", preset, entries)
        chunks = {
            key: (offset, size)
            for key, offset, size in (struct.unpack_from("<4sqq", preset, entries + 8 + 20 * i) for i in range(count))
        }
    except struct.error:
        raise ValueError("this is no VST3 preset: it ends too early") from None
    if magic != b"VST3" or name != b"List" or b"Comp" not in chunks:
        raise ValueError("this is no VST3 preset with a component state")
    offset, size = chunks[b"Comp"]
    return unpack_state(preset[offset : offset + size])
