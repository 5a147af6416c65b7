"""The flat binary that the engine reads: a whole model (graph, front end, weights, card data) in one file.

Made from a model directory (``graph.json`` and ``weights.safetensors``) by :func:`pack`, or by the build, which runs
this file as a script: ``python modelfile.py models/NAME NAME.ddn``.

Layout, little-endian, in this order (u32, u64 unsigned; f32 float; text: u32 length and UTF-8):

- header: 8 bytes ``DDENOISE``, u32 version, u32 CRC-32 of all bytes after it, u64 size of the file
- text name, text meta (JSON)
- front end: u32 kind; unless none: f32 max_gain, u32 lookahead; if fullband also f32 floor, offset, scale, compression,
  u32 low_bins, taps, 129 f32 centers
- u32 number of nodes; for each: u32 type, text name, u32 number of inputs and their indices, the attributes of its type
  in the order of `_ATTRIBUTES`, u32 number of weights, for each its rank, dimensions and the u64 offset of its values
- u32 number of outputs; for each: text role, u32 node
- the weights' values, f32, each aligned to 64 bytes

The engine trusts none of it: shapes, sizes and offsets are checked there, once, when a model is loaded.
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
VERSION = 1
_HEADER = struct.Struct("<8sIIQ")
_CHECKED_FROM = 16  # the checksum covers what follows it
_ALIGNMENT = 64

_FRONT_ENDS = ("none", "narrowband", "fullband")
_ACTIVATIONS = ("linear", "relu", "leaky_relu", "prelu", "elu", "sigmoid", "tanh")
_CHOICES: dict[str, tuple[Any, ...]] = {
    "activation": _ACTIVATIONS,
    "use_bias": (False, True),
    "reverse": (False, True),
    "axes": ("channel", "all"),
}
_DEFAULTS: dict[str, Any] = {"alpha": 0.2, "use_bias": True, "stride": 1, "dilation": 1, "groups": 1, "reverse": False}

# Attributes of each type in the order of the file; the types' numbers are their places here.
_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "input": ("shape",),
    "conv": ("filters", "kernel", "stride", "dilation", "groups", "activation", "alpha", "use_bias"),
    "conv_transpose": ("filters", "kernel", "stride", "activation", "alpha", "use_bias"),
    "upsample": ("factor",),
    "slice": ("axis", "start", "size"),
    "pad": ("before", "after"),
    "reshape": ("shape",),
    "transpose": (),
    "dense": ("units", "activation", "alpha", "use_bias"),
    "gru": ("units", "axis", "reverse"),
    "add": (),
    "multiply": (),
    "concat": ("axis",),
    "affine": (),
    "layer_norm": ("axes", "epsilon"),
    "activation": ("activation", "alpha"),
    "attention": ("heads",),
}
_TYPES = tuple(_ATTRIBUTES)
_OTHER_AXIS = {"slice": "channel", "concat": "channel", "gru": "time"}  # 0 in the file; "frequency" is 1
_WEIGHTS = {
    "gru": ("kernel", "recurrent_kernel", "bias"),
    "affine": ("scale", "shift"),
    "layer_norm": ("gamma", "beta"),
}


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
        If the graph is not one that the engine runs, or a weight is missing.

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
        If the graph is of another format or names an unknown type, choice, node or weight.
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
        ``meta`` of graph.json and the model's ``name``.

    Raises
    ------
    ValueError
        If these bytes are no undamaged model file.
    """
    if len(data) < _HEADER.size or not data.startswith(MAGIC):
        raise ValueError("this is not a DeepDenoise model file")
    _, version, checksum, size = _HEADER.unpack_from(data)
    if version != VERSION:
        raise ValueError(f"the model file has version {version}, this package reads version {VERSION}: export it again")
    if size != len(data):
        raise ValueError(f"the model file should have {size} bytes and has {len(data)}: it is incomplete")
    if zlib.crc32(data[_CHECKED_FROM:]) != checksum:
        raise ValueError("the model file's checksum is wrong: it is damaged")
    at = _HEADER.size
    texts = []
    try:
        for _ in range(2):
            (length,) = struct.unpack_from("<I", data, at)
            texts.append(data[at + 4 : at + 4 + length].decode())
            at += 4 + length
        return {"name": texts[0], **json.loads(texts[1])}
    except (struct.error, TypeError, ValueError, RecursionError):
        raise ValueError("the model file's card data is not readable") from None


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGNMENT) * _ALIGNMENT


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("<I", len(encoded)) + encoded


def _numbers(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def _choice(what: str, value: Any, choices: tuple[Any, ...]) -> int:
    if value not in choices:
        raise ValueError(f"{what} is {value!r}; it must be one of {', '.join(map(str, choices))}")
    return choices.index(value)


def _graph_bytes(
    graph: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], values: list[NDArray[np.float32]], start: int
) -> bytes:
    """Everything between header and weights; the weights' values are appended to `values`, to lie from `start` on."""
    out = [_text(graph["name"]), _text(json.dumps(graph.get("meta", {}))), _front_end(graph["front_end"])]
    out.append(_numbers(len(graph["nodes"])))
    index: dict[str, int] = {}
    offset = start
    for node in graph["nodes"]:
        name = node["name"]
        if name in index:
            raise ValueError(f"two nodes are called '{name}'")
        for source in node["inputs"]:
            if source not in index:
                raise ValueError(f"node '{name}': input '{source}' is no earlier node")
        kind = _choice(f"node '{name}': type", node["type"], _TYPES)
        out += [_numbers(kind), _text(name), _numbers(len(node["inputs"]), *(index[i] for i in node["inputs"]))]
        out += [_attribute(node, attribute) for attribute in _ATTRIBUTES[node["type"]]]
        keys = _weight_names(node)
        out.append(_numbers(len(keys)))
        for key in keys:
            if f"{name}/{key}" not in weights:
                raise ValueError(f"weight '{name}/{key}' is missing")
            array = np.ascontiguousarray(weights[f"{name}/{key}"], dtype="<f4")
            out += [_numbers(array.ndim, *array.shape), struct.pack("<Q", offset)]
            values.append(array)
            offset = _aligned(offset + array.nbytes)
        index[name] = len(index)
    out.append(_numbers(len(graph["outputs"])))
    for role, source in graph["outputs"].items():
        if source not in index:
            raise ValueError(f"output '{role}' is '{source}', which is no node")
        out += [_text(role), _numbers(index[source])]
    return b"".join(out)


def _front_end(settings: Mapping[str, Any]) -> bytes:
    kind = _choice("front_end kind", settings["kind"], _FRONT_ENDS)
    out = _numbers(kind)
    if kind > 0:
        out += struct.pack("<fI", settings["max_gain"], settings["lookahead"])
    if kind == 2:
        out += struct.pack("<4f", *(settings[key] for key in ("floor", "offset", "scale", "compression")))
        out += _numbers(settings["low_bins"], settings["taps"])
        if len(settings["centers"]) != 129:
            raise ValueError(f"front_end has {len(settings['centers'])} centers; it must have 129")
        out += struct.pack("<129f", *settings["centers"])
    return out


def _attribute(node: Mapping[str, Any], name: str) -> bytes:
    label = f"node '{node['name']}': {name}"
    value = node.get(name, _DEFAULTS.get(name))
    if value is None:
        raise ValueError(f"{label} is missing")
    if name in ("alpha", "epsilon"):
        return struct.pack("<f", value)
    if name == "axis":
        return _numbers(_choice(label, value, (_OTHER_AXIS[node["type"]], "frequency")))
    if name in _CHOICES:
        return _numbers(_choice(label, value, _CHOICES[name]))
    if name == "kernel" and node["type"] == "conv_transpose":
        if value[0] != 1:
            raise ValueError(f"{label} must be [1, width]")
        value = value[1]
    sizes = value if isinstance(value, list) else [value]
    if len(sizes) != (2 if isinstance(value, list) else 1) or not all(isinstance(n, int) and n >= 0 for n in sizes):
        raise ValueError(f"{label} is {value!r}; whole numbers are wanted")
    return _numbers(*sizes)


def _weight_names(node: Mapping[str, Any]) -> tuple[str, ...]:
    kind = node["type"]
    names = _WEIGHTS.get(kind, ())
    if kind in ("conv", "conv_transpose", "dense"):
        names = ("kernel", "bias") if node.get("use_bias", True) else ("kernel",)
    return (*names, "alpha") if node.get("activation") == "prelu" else names


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python modelfile.py MODEL_DIRECTORY FILE.ddn")
    try:
        Path(sys.argv[2]).write_bytes(pack(sys.argv[1]))
    except (OSError, ValueError) as reason:
        sys.exit(f"error: {reason}")
