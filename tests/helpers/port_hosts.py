"""Bare hosts for LADSPA and LV2, which connect a plug-in's ports to memory and call it as they like (Linux)."""

import ctypes
import functools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from speechenh_plugin.store import installed

VOID, WORD, TEXT = ctypes.c_void_p, ctypes.c_ulong, ctypes.c_char_p
CHANNELS = {"mono": 1, "stereo": 2}
AUDIO_IN, AUDIO_OUT = 9, 10  # port kinds of LADSPA: input or output, and audio


class Range(ctypes.Structure):
    _fields_ = [("hints", ctypes.c_int), ("lower", ctypes.c_float), ("upper", ctypes.c_float)]


class LadspaDescriptor(ctypes.Structure):
    _fields_ = [
        ("id", WORD),
        ("label", TEXT),
        ("properties", ctypes.c_int),
        ("name", TEXT),
        ("maker", TEXT),
        ("copyright", TEXT),
        ("count", WORD),
        ("kinds", ctypes.POINTER(ctypes.c_int)),
        ("names", ctypes.POINTER(TEXT)),
        ("ranges", ctypes.POINTER(Range)),
        ("ours", VOID),
        ("instantiate", VOID),
        ("connect", VOID),
        ("activate", VOID),
        ("run", VOID),
        ("run_adding", VOID),
        ("set_gain", VOID),
        ("deactivate", VOID),
        ("cleanup", VOID),
    ]


class Lv2Descriptor(ctypes.Structure):
    _fields_ = [
        ("uri", TEXT),
        ("instantiate", VOID),
        ("connect", VOID),
        ("activate", VOID),
        ("run", VOID),
        ("deactivate", VOID),
        ("cleanup", VOID),
        ("extension_data", VOID),
    ]


def ladspa_file() -> Path:
    return installed("ladspa/deepdenoise.so")


def lv2_bundle() -> Path:
    return installed("lv2/deepdenoise.lv2")


@functools.cache
def ladspa_descriptors(file: Path | None = None) -> dict[str, LadspaDescriptor]:
    library = ctypes.CDLL(str(file or ladspa_file()))
    library.ladspa_descriptor.restype = ctypes.POINTER(LadspaDescriptor)
    library.ladspa_descriptor.argtypes = [WORD]
    found = [library.ladspa_descriptor(index) for index in range(3)]
    assert not found[2]
    return {pointer[0].label.decode().removeprefix("deepdenoise_"): pointer[0] for pointer in found[:2]}


@functools.cache
def lv2_descriptors() -> dict[str, Lv2Descriptor]:
    library = ctypes.CDLL(str(lv2_bundle() / "deepdenoise.so"))
    library.lv2_descriptor.restype = ctypes.POINTER(Lv2Descriptor)
    library.lv2_descriptor.argtypes = [ctypes.c_uint32]
    found = [library.lv2_descriptor(index) for index in range(3)]
    assert not found[2]
    return {pointer[0].uri.decode().removeprefix("urn:deepdenoise:"): pointer[0] for pointer in found[:2]}


def lv2_symbols(name: str) -> list[str]:
    """Symbols of a plug-in's ports in their order, as its Turtle declares them."""
    described = (lv2_bundle() / "deepdenoise.ttl").read_text("utf-8")
    (block,) = re.findall(rf"\n<urn:deepdenoise:{name}>\n.*?\n    \] \.", described, re.S)
    ports = re.findall(r'lv2:index (\d+) ;\s*lv2:symbol "(\w+)"', block)
    assert [int(index) for index, _ in ports] == [*range(len(ports))]
    return [symbol for _, symbol in ports]


class Ported:
    """One instance whose controls lie in `values`, by name; a number that is not given stays as it is."""

    count_type: Any = WORD

    def __init__(self, descriptor: Any, handle: int | None, inputs: list[int], outputs: list[int]) -> None:
        self.descriptor, self.handle = descriptor, VOID(handle)
        self.inputs, self.outputs = inputs, outputs
        self.values: dict[str, ctypes.c_float] = {}

    def call(self, name: str, *arguments: Any) -> None:
        types = [type(argument) for argument in arguments]
        ctypes.CFUNCTYPE(None, VOID, *types)(getattr(self.descriptor, name))(self.handle, *arguments)

    def connect(self, port: int, place: Any) -> None:
        self.call("connect", self.count_type(port), ctypes.cast(place, VOID))

    def control(self, port: int, name: str, value: float) -> None:
        self.values[name] = ctypes.c_float(value)
        self.connect(port, ctypes.pointer(self.values[name]))

    def activate(self) -> None:
        self.call("activate")

    def run(self, samples: int) -> None:
        self.call("run", self.count_type(samples))

    def close(self) -> None:
        self.call("deactivate")
        self.call("cleanup")

    def attach(self, source: np.ndarray, target: np.ndarray) -> None:
        """Connect the audio ports to the rows of two arrays."""
        for ports, array in ((self.inputs, source), (self.outputs, target)):
            for port, row in zip(ports, array, strict=True):
                self.connect(port, row.ctypes.data_as(VOID))

    def process(self, audio: np.ndarray, blocks: Iterable[int] = (512,), in_place: bool = False) -> np.ndarray:
        """Run an array in blocks of the given sizes, over and over."""
        audio = np.ascontiguousarray(audio, np.float32)
        output, start, sizes = np.zeros_like(audio), 0, [*blocks]
        turn = 0
        while start < audio.shape[1]:
            block = audio[:, start : start + sizes[turn % len(sizes)]].copy()
            target = block if in_place else np.full_like(block, 9)
            self.attach(block, target)
            self.run(block.shape[1])
            output[:, start : start + block.shape[1]] = target
            start, turn = start + block.shape[1], turn + 1
        return output


class Ladspa(Ported):
    """An instance of ``deepdenoise_mono`` or ``deepdenoise_stereo``; the controls by their ports' names."""

    def __init__(self, name: str, rate: int, file: Path | None = None, **values: float) -> None:
        descriptor = ladspa_descriptors(file)[name]
        make = ctypes.CFUNCTYPE(VOID, VOID, WORD)(descriptor.instantiate)
        kinds = [descriptor.kinds[port] for port in range(descriptor.count)]
        audio = [[port for port, kind in enumerate(kinds) if kind == wanted] for wanted in (AUDIO_IN, AUDIO_OUT)]
        super().__init__(descriptor, make(ctypes.addressof(descriptor), rate), *audio)
        if self.handle:
            for port, kind in enumerate(kinds):
                if kind not in (AUDIO_IN, AUDIO_OUT):
                    title = descriptor.names[port].decode()
                    default = {"Strength": 100.0, "Reduction limit": 40.0, "Stereo link": 1.0}.get(title, 0.0)
                    self.control(port, title, values.get(title.lower().replace(" ", "_"), default))


class Feature(ctypes.Structure):
    _fields_ = [("uri", TEXT), ("data", VOID)]


class Map(ctypes.Structure):
    _fields_ = [("handle", VOID), ("map", VOID)]


URIDS: dict[bytes, int] = {}
MAP_CALL = ctypes.CFUNCTYPE(ctypes.c_uint32, VOID, TEXT)(lambda _, uri: URIDS.setdefault(uri, len(URIDS) + 1))
MAP = Map(None, ctypes.cast(MAP_CALL, VOID))
MAP_FEATURE = Feature(b"http://lv2plug.in/ns/ext/urid#map", ctypes.addressof(MAP))
STORE = ctypes.CFUNCTYPE(ctypes.c_int, VOID, ctypes.c_uint32, VOID, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_uint32)
RETRIEVE = ctypes.CFUNCTYPE(VOID, VOID, ctypes.c_uint32, *[VOID] * 3)


class StateInterface(ctypes.Structure):
    _fields_ = [("save", VOID), ("restore", VOID)]


class Lv2(Ported):
    """An instance of ``urn:deepdenoise:mono`` or ``:stereo``; the controls by their ports' symbols."""

    count_type = ctypes.c_uint32

    def __init__(self, name: str, rate: float, maps: bool = True, **values: float) -> None:
        descriptor = lv2_descriptors()[name]
        make = ctypes.CFUNCTYPE(VOID, VOID, ctypes.c_double, TEXT, VOID)(descriptor.instantiate)
        features = (VOID * 2)(ctypes.addressof(MAP_FEATURE) if maps else None, None)
        handle = make(ctypes.addressof(descriptor), rate, str(lv2_bundle()).encode() + b"/", features)
        symbols = lv2_symbols(name)
        audio = [
            [port for port, symbol in enumerate(symbols) if symbol.startswith(kind)] for kind in ("input", "output")
        ]
        super().__init__(descriptor, handle, *audio)
        if self.handle:
            defaults = {"strength": 100.0, "reduction_limit": 40.0, "stereo_link": 1.0, "enabled": 1.0}
            for port, symbol in enumerate(symbols):
                if not symbol.startswith(("input", "output")):
                    self.control(port, symbol, values.get(symbol, defaults.get(symbol, 0.0)))

    def _state(self) -> StateInterface:
        get = ctypes.CFUNCTYPE(VOID, TEXT)(self.descriptor.extension_data)
        assert not get(b"http://lv2plug.in/ns/ext/worker#interface")
        return StateInterface.from_address(get(b"http://lv2plug.in/ns/ext/state#interface"))

    def save(self) -> tuple[int, dict[bytes, tuple[bytes, bytes]]]:
        """Status, and what was stored: by key the type and the value."""
        stored, names = {}, {}

        def store(_: object, key: int, value: int, size: int, kind: int, flags: int) -> int:
            names.update({number: uri for uri, number in URIDS.items()})
            stored[names[key]] = (names[kind], ctypes.string_at(value, size))
            assert flags == 3  # plain data, the same on every machine
            return 0

        function = ctypes.CFUNCTYPE(ctypes.c_int, VOID, STORE, VOID, ctypes.c_uint32, VOID)(self._state().save)
        return function(self.handle, STORE(store), None, 0, None), stored

    def restore(self, stored: dict[bytes, tuple[bytes, bytes]]) -> int:
        held = []

        def retrieve(_: object, key: int, size: int, kind: int, flags: int) -> int | None:
            found = next((stored[uri] for uri, number in URIDS.items() if number == key and uri in stored), None)
            if found is None:
                return None
            held.append(ctypes.create_string_buffer(found[1], len(found[1])))
            ctypes.c_size_t.from_address(size).value = len(found[1])
            ctypes.c_uint32.from_address(kind).value = URIDS.setdefault(found[0], len(URIDS) + 1)
            return ctypes.addressof(held[-1])

        function = ctypes.CFUNCTYPE(ctypes.c_int, VOID, RETRIEVE, VOID, ctypes.c_uint32, VOID)(self._state().restore)
        return function(self.handle, RETRIEVE(retrieve), None, 0, None)
