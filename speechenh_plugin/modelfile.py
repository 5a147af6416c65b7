"""The flat binary that the engine reads: a whole model (graph, front end, weights, card data) in one file.

Made from a model directory (``graph.json`` and ``weights.safetensors``) by :func:`pack`, or by the build, which runs
this file as a script: ``python modelfile.py models/NAME NAME.ddn``.

Layout, little-endian, in this order (u32, u64 unsigned; i64 signed; f32, f64 float; text: u32 length and UTF-8):

- header: 8 bytes ``DDENOISE``, u32 version, u32 CRC-32 of all bytes after it, u64 size of the file
- text name, u32 rank (place in a list of models, the least first), text meta (JSON)
- the front end's attributes
- u32 number of nodes; for each: text type, text name, u32 number of inputs and their indices, its attributes,
  u32 number of weights, for each its text name, u32 rank and dimensions, and the u64 offset of its values
- u32 number of outputs; for each: text role, u32 node
- the weights' values, f32, each aligned to 64 bytes

Attributes: u32 number; for each its text name, u32 type and value: 0 flag (u32), 1 whole number (i64), 2 real number
(f64), 3 text, 4 whole numbers (u32 count and i64 each), 5 real numbers (u32 count and f64 each).

Attributes and weights go by name, as ``graph.json`` and ``weights.safetensors`` have them: what a layer needs is known
to the engine alone. It trusts none of the file: attributes, shapes, sizes and offsets are checked there, once, when a
model is loaded.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

MAGIC = b"DDENOISE"
VERSION = 2
_HEADER = struct.Struct("<8sIIQ")
_CHECKED_FROM = 16  # the checksum covers what follows it
_ALIGNMENT = 64

_RANK = 1000
"""Rank of a model that gives none: after those that do."""
_MOST_RANK = 1_000_000
_MOST_NAME = 256
_NOT_ATTRIBUTES = ("name", "type", "inputs")

LABEL = 1024
"""Bytes from the beginning of a model file that hold its name and rank."""


def pack(directory: str | PathLike[str]) -> bytes:
    """Pack a model directory into the engine's flat binary.

    Parameters
    ----------
    directory : path-like
        Holds ``graph.json`` and ``weights.safetensors``.

    Returns
    -------
    bytes

    Raises
    ------
    FileNotFoundError
        If one of the two files is missing.
    ValueError
        If the graph is not complete, or a weight belongs to no node.

    Examples
    --------
    >>> from pathlib import Path
    >>> Path("mine.ddn").write_bytes(pack("models/cr_ced"))
    """
    directory = Path(directory)
    graph_path, weights_path = directory / "graph.json", directory / "weights.safetensors"
    for path in (graph_path, weights_path):
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: a model directory holds graph.json and weights.safetensors")
    try:
        graph = json.loads(graph_path.read_text("utf-8"))
        weights = load_file(weights_path)
        return pack_graph(graph, weights)
    except (KeyError, TypeError, AttributeError, struct.error) as error:
        raise ValueError(f"{graph_path} is not a complete graph: {error!r}") from error
    except ValueError as error:
        raise ValueError(f"{directory}: {error}") from error
    except Exception as error:  # safetensors' own error derives from Exception only
        raise ValueError(f"{weights_path} is not readable: {error}") from error


def pack_graph(graph: Mapping[str, Any], weights: Mapping[str, NDArray[Any]]) -> bytes:
    """Pack a graph that is already in memory.

    Parameters
    ----------
    graph : dict
        What ``graph.json`` holds.
    weights : dict of str to ndarray
        By ``"NODE/WEIGHT"``.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the graph is of another format, names an unknown node or holds a value of no type that the file knows.
    """
    if graph.get("format") != 1:
        raise ValueError(f"graph.json has format {graph.get('format')!r}; this version packs format 1")
    values: list[NDArray[np.float32]] = []
    # Offsets are not known until the graph's own length is: write it once to measure, once for good.
    measured = _graph_bytes(graph, weights, values, 0)
    start = _aligned(_HEADER.size + len(measured))
    values.clear()
    body = bytearray(_graph_bytes(graph, weights, values, start))
    for array in values:
        body += bytes(_aligned(_HEADER.size + len(body)) - _HEADER.size - len(body))
        body += array.tobytes()
    size = _HEADER.size + len(body)
    checked = struct.pack("<Q", size) + body
    return _HEADER.pack(MAGIC, VERSION, zlib.crc32(checked), size) + bytes(body)


def read_meta(data: bytes) -> dict[str, Any]:
    """Read the card data (licence, training data, sizes, measures) of a packed model.

    Parameters
    ----------
    data : bytes
        A whole model file.

    Returns
    -------
    dict
        ``meta`` of graph.json, the model's ``name`` and its ``rank``: its place in a list of models, the least first.

    Raises
    ------
    ValueError
        If these bytes are no undamaged model file.
    """
    checksum, size = _read_header(data)
    if size != len(data):
        raise ValueError(f"the model file should have {size} bytes and has {len(data)}: it is incomplete")
    if zlib.crc32(data[_CHECKED_FROM:]) != checksum:
        raise ValueError("the model file's checksum is wrong: it is damaged")
    try:
        name, at = _read_text(data, _HEADER.size)
        (rank,) = struct.unpack_from("<I", data, at)
        meta, _ = _read_text(data, at + 4)
        return {"name": name, "rank": rank, **json.loads(meta)}
    except (struct.error, TypeError, ValueError, RecursionError):
        raise ValueError("the model file's card data is not readable") from None


def read_rank(head: bytes) -> int:
    """Read a model's rank as the plug-ins do for their list: the rest of the file may be damaged.

    Parameters
    ----------
    head : bytes
        The first `LABEL` bytes of a model file.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the plug-ins would not list this model.
    """
    _read_header(head)
    try:
        name, at = _read_text(head, _HEADER.size)
        (rank,) = struct.unpack_from("<I", head, at)
    except (struct.error, ValueError):
        raise ValueError("the model file's name and rank are not readable") from None
    if not (0 < len(name) <= _MOST_NAME and name.isascii() and name.isprintable()):
        raise ValueError("the model's name must be printable ASCII")
    if rank > _MOST_RANK:
        raise ValueError(f"the model's rank is {rank}, not within 0..{_MOST_RANK}")
    return int(rank)


def _read_header(data: bytes) -> tuple[int, int]:
    """Return the checksum and the size that a model file states."""
    if len(data) < _HEADER.size or not data.startswith(MAGIC):
        raise ValueError("this is not a DeepDenoise model file")
    _, version, checksum, size = _HEADER.unpack_from(data)
    if version != VERSION:
        raise ValueError(f"the model file has version {version}, this package reads version {VERSION}: export it again")
    return checksum, size


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGNMENT) * _ALIGNMENT


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("<I", len(encoded)) + encoded


def _numbers(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def _read_text(data: bytes, at: int) -> tuple[str, int]:
    """Return a text and where it ends."""
    (length,) = struct.unpack_from("<I", data, at)
    end = at + 4 + length
    return data[at + 4 : end].decode(), end


def _graph_bytes(
    graph: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], values: list[NDArray[np.float32]], start: int
) -> bytes:
    """Everything between header and weights; the weights' values are appended to `values`, to lie from `start` on."""
    out = [_text(graph["name"]), _numbers(graph.get("rank", _RANK)), _text(json.dumps(graph.get("meta", {})))]
    out += [_attributes("front_end", graph["front_end"]), _numbers(len(graph["nodes"]))]
    own: dict[str, list[str]] = {}
    for node in graph["nodes"]:
        if node["name"] in own:
            raise ValueError(f"two nodes are called '{node['name']}'")
        own[node["name"]] = []
    for key in weights:
        node_name, _, weight = key.rpartition("/")
        if node_name not in own:
            raise ValueError(f"weight '{key}' belongs to no node")
        own[node_name].append(weight)
    index: dict[str, int] = {}
    offset = start
    for node in graph["nodes"]:
        name = node["name"]
        for source in node["inputs"]:
            if source not in index:
                raise ValueError(f"node '{name}': input '{source}' is no earlier node")
        attributes = {key: value for key, value in node.items() if key not in _NOT_ATTRIBUTES}
        out += [_text(node["type"]), _text(name), _numbers(len(node["inputs"]), *(index[i] for i in node["inputs"]))]
        out += [_attributes(f"node '{name}'", attributes), _numbers(len(own[name]))]
        for weight in own[name]:
            array = np.ascontiguousarray(weights[f"{name}/{weight}"], dtype="<f4")
            out += [_text(weight), _numbers(array.ndim, *array.shape), struct.pack("<Q", offset)]
            values.append(array)
            offset = _aligned(offset + array.nbytes)
        index[name] = len(index)
    out.append(_numbers(len(graph["outputs"])))
    for role, source in graph["outputs"].items():
        if source not in index:
            raise ValueError(f"output '{role}' is '{source}', which is no node")
        out += [_text(role), _numbers(index[source])]
    return b"".join(out)


def _attributes(owner: str, attributes: Mapping[str, Any]) -> bytes:
    out = [_numbers(len(attributes))]
    for name, value in attributes.items():
        try:
            out += [_text(name), _value(value)]
        except (TypeError, struct.error):
            raise ValueError(
                f"{owner}: {name} is {value!r}; a flag, number, text or list of numbers is wanted"
            ) from None
    return b"".join(out)


def _value(value: Any) -> bytes:
    if isinstance(value, bool):
        return _numbers(0, value)
    if isinstance(value, int):
        return struct.pack("<Iq", 1, value)
    if isinstance(value, float):
        return struct.pack("<Id", 2, value)
    if isinstance(value, str):
        return _numbers(3) + _text(value)
    if not isinstance(value, list | tuple) or any(isinstance(number, bool) for number in value):
        raise TypeError
    if all(isinstance(number, int) for number in value):
        return struct.pack(f"<II{len(value)}q", 4, len(value), *value)
    return struct.pack(f"<II{len(value)}d", 5, len(value), *value)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python modelfile.py MODEL_DIRECTORY FILE.ddn")
    try:
        packed = pack(sys.argv[1])
        if (name := read_meta(packed)["name"]) != Path(sys.argv[2]).stem:
            raise ValueError(f"the model in {sys.argv[1]} is called {name!r}: a bundled one has its folder's name")
        Path(sys.argv[2]).write_bytes(packed)
    except (OSError, ValueError) as reason:
        sys.exit(f"error: {reason}")
