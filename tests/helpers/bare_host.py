"""A bare VST3 host, which calls a plug-in through the interfaces' method tables, in any order (Linux's conventions)."""

import ctypes
import functools
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from speechenh_plugin import preset
from speechenh_plugin.store import bundle_path

OK, FALSE, INVALID, NOT_INITIALIZED = 0, 1, 2, 5
STEREO, MONO, SURROUND = 0x3, 1 << 19, 0x3F

VOID = ctypes.c_void_p
INTERFACES = {
    "component": struct.pack(">4I", 0xE831FF31, 0xF2D54301, 0x928EBBEE, 0x25697802),
    "processor": struct.pack(">4I", 0x42043F99, 0xB7DA453C, 0xA569E79D, 0x9AAEC33D),
    "controller": struct.pack(">4I", 0xDCD7BBE3, 0x7742448D, 0xA874AACC, 0x979C759E),
}


class Setup(ctypes.Structure):
    _fields_ = [*((name, ctypes.c_int32) for name in ("mode", "size", "block")), ("rate", ctypes.c_double)]


class Bus(ctypes.Structure):
    _fields_ = [
        ("channels", ctypes.c_int32),
        ("silence", ctypes.c_uint64),
        ("buffers", ctypes.POINTER(ctypes.POINTER(ctypes.c_float))),
    ]


class Data(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int32) for name in ("mode", "size", "samples", "inputs", "outputs")),
        ("input", ctypes.POINTER(Bus)),
        ("output", ctypes.POINTER(Bus)),
        *((name, VOID) for name in ("changes", "changes_out", "events", "events_out", "context")),
    ]


class Offered:
    """An object of the host's, which the plug-in calls: the methods after those of FUnknown, each with its types."""

    def __init__(self, *methods: tuple[Callable[..., Any], *tuple[Any, ...]]) -> None:
        unknown = [(lambda *_: FALSE, ctypes.c_int32, VOID, VOID), *[(lambda _: 1, ctypes.c_uint32)] * 2]
        self._methods = [ctypes.CFUNCTYPE(types[0], VOID, *types[1:])(call) for call, *types in (*unknown, *methods)]
        self._table = (VOID * len(self._methods))(*(ctypes.cast(m, VOID) for m in self._methods))
        self._object = VOID(ctypes.addressof(self._table))
        self.pointer = ctypes.pointer(self._object)


class Stream(Offered):
    """An IBStream over bytes, whose reads come in small pieces, each said to be no success."""

    def __init__(self, data: bytes = b"") -> None:
        self.data, self.position = data, 0
        transfer = (ctypes.c_int32, VOID, ctypes.c_int32, ctypes.POINTER(ctypes.c_int32))
        super().__init__(
            (self._read, *transfer),
            (self._write, *transfer),
            (lambda *_: FALSE, ctypes.c_int32, ctypes.c_int64, ctypes.c_int32, VOID),
            (lambda *_: FALSE, ctypes.c_int32, VOID),
        )

    def _read(self, _: object, buffer: int, size: int, count: Any) -> int:
        piece = self.data[self.position : self.position + min(size, 100)]
        ctypes.memmove(buffer, piece, len(piece))
        self.position += len(piece)
        if count:
            count[0] = len(piece)
        # As the SDK's FileStream says it.
        return OK if len(piece) == size else FALSE

    def _write(self, _: object, buffer: int, size: int, count: Any) -> int:
        self.data += ctypes.string_at(buffer, size)
        if count:
            count[0] = size
        return OK


class Changes(Offered):
    """An IParameterChanges with the points (sample, normalised value) of some parameters."""

    def __init__(self, points: dict[int, list[tuple[int, float]]]) -> None:
        number, where = ctypes.c_int32, ctypes.POINTER(ctypes.c_int32)

        def queue(parameter: int, of_it: list[tuple[int, float]]) -> Offered:
            def point(_: object, index: int, offset: Any, value: Any) -> int:
                offset[0], value[0] = of_it[index]
                return OK

            return Offered(
                (lambda _: parameter, ctypes.c_uint32),
                (lambda _: len(of_it), number),
                (point, number, number, where, ctypes.POINTER(ctypes.c_double)),
            )

        self._queues = [queue(*item) for item in points.items()]
        super().__init__(
            (lambda _: len(self._queues), number),
            (lambda _, index: ctypes.addressof(self._queues[index].pointer.contents), VOID, number),
        )


def method(pointer: Any, index: int, *types: Any, result: Any = ctypes.c_int32) -> Callable[..., Any]:
    table = ctypes.cast(pointer, ctypes.POINTER(ctypes.POINTER(VOID)))[0]
    function = ctypes.CFUNCTYPE(result, VOID, *types)(table[index])
    return lambda *arguments: function(pointer, *arguments)


def process_data(audio: np.ndarray, in_place: bool = False, size: int = 0) -> tuple[Data, np.ndarray]:
    """What `process` takes, and the array that it fills."""
    source = np.ascontiguousarray(audio, np.float32).copy()
    target = source if in_place else np.full_like(source, 9)
    buses = []
    for array in (source, target):
        rows = [array[c].ctypes.data_as(ctypes.POINTER(ctypes.c_float)) for c in range(len(array))]
        buses.append(Bus(len(array), 0, (ctypes.POINTER(ctypes.c_float) * len(array))(*rows)))
    data = Data(0, size, audio.shape[1], 1, 1, ctypes.pointer(buses[0]), ctypes.pointer(buses[1]))
    data.arrays = source, target  # pointers keep no array alive
    return data, target


@functools.cache
def factory() -> tuple[VOID, bytes]:
    """The library's factory, and the id of its class."""
    library = ctypes.CDLL(str(next((bundle_path() / "Contents").glob("*-linux/DeepDenoise.so"))))
    library.ModuleEntry.restype = ctypes.c_bool
    assert library.ModuleEntry(None)
    library.GetPluginFactory.restype = VOID
    return VOID(library.GetPluginFactory()), bytes.fromhex(preset.class_id(bundle_path()))


class Plugin:
    """One instance, created through the factory as a host does."""

    def __init__(self) -> None:
        maker, cid = factory()
        create = method(maker, 6, ctypes.c_char_p, ctypes.c_char_p, VOID)
        self.component = VOID()
        assert create(cid, INTERFACES["component"], ctypes.byref(self.component)) == OK
        assert create(bytes(16), INTERFACES["component"], ctypes.byref(VOID())) != OK
        self.processor, self.controller = (self.query(INTERFACES[name]) for name in ("processor", "controller"))

    def query(self, iid: bytes) -> VOID:
        other = VOID()
        assert method(self.component, 0, ctypes.c_char_p, VOID)(iid, ctypes.byref(other)) == OK
        return other

    def close(self) -> None:
        left = [method(p, 2, result=ctypes.c_uint32)() for p in (self.controller, self.processor, self.component)]
        assert left == [2, 1, 0]

    def initialize(self) -> int:
        return method(self.component, 3, VOID)(None)

    def active(self, state: bool) -> int:
        return method(self.component, 11, ctypes.c_uint8)(state)

    def set_state(self, data: bytes) -> int:
        stream = Stream(data)  # its pointer alone would not keep it
        return method(self.component, 12, VOID)(stream.pointer)

    def get_state(self) -> bytes:
        stream = Stream()
        assert method(self.component, 13, VOID)(stream.pointer) == OK
        return stream.data

    def arrange(self, inputs: list[int], outputs: list[int]) -> int:
        types = (VOID, ctypes.c_int32, VOID, ctypes.c_int32)
        arrays = [(ctypes.c_uint64 * max(len(a), 1))(*a) for a in (inputs, outputs)]
        return method(self.processor, 3, *types)(arrays[0], len(inputs), arrays[1], len(outputs))

    def latency(self) -> int:
        return method(self.processor, 6, result=ctypes.c_uint32)()

    def setup(self, rate: float, size: int = 0, block: int = 512) -> int:
        return method(self.processor, 7, VOID)(ctypes.byref(Setup(0, size, block, rate)))

    def processing(self, state: bool) -> int:
        return method(self.processor, 8, ctypes.c_uint8)(state)

    def process(
        self,
        audio: np.ndarray,
        in_place: bool = False,
        size: int = 0,
        changes: dict[int, list[tuple[int, float]]] | None = None,
    ) -> tuple[int, np.ndarray, int]:
        """Process a block; `changes` are points (sample, normalised value) by parameter."""
        data, target = process_data(audio, in_place, size)
        offered = Changes(changes or {})
        data.changes = ctypes.addressof(offered.pointer.contents)
        result = method(self.processor, 9, VOID)(ctypes.byref(data))
        return result, target, data.output[0].silence

    def process_nothing(self) -> int:
        return method(self.processor, 9, VOID)(ctypes.byref(Data()))
