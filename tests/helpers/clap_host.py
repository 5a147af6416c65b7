"""A bare CLAP host (Linux): it calls a plug-in through the tables that it finds behind ``clap_entry``."""

import ctypes
import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from speechenh_plugin.store import installed

VOID, TEXT, WORD, REAL, FLAG = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_double, ctypes.c_bool
ERROR, CONTINUE = 0, 1
PARAM_VALUE = 5


class Version(ctypes.Structure):
    _fields_ = [(name, WORD) for name in ("major", "minor", "revision")]


class Entry(ctypes.Structure):
    _fields_ = [("version", Version), ("init", VOID), ("deinit", VOID), ("get_factory", VOID)]


class Host(ctypes.Structure):
    _fields_ = [
        ("version", Version),
        ("data", VOID),
        *((name, TEXT) for name in ("name", "vendor", "url", "host_version")),
        *((name, VOID) for name in ("get_extension", "request_restart", "request_process", "request_callback")),
    ]


class Descriptor(ctypes.Structure):
    _fields_ = [
        ("version", Version),
        *((n, TEXT) for n in ("id", "name", "vendor", "url", "manual", "support", "plugin_version", "description")),
        ("features", ctypes.POINTER(TEXT)),
    ]


class Table(ctypes.Structure):
    """What the factory creates: clap_plugin."""

    _fields_ = [
        *((name, VOID) for name in ("descriptor", "data", "init", "destroy", "activate", "deactivate")),
        *((name, VOID) for name in ("start_processing", "stop_processing", "reset", "process")),
        *((name, VOID) for name in ("get_extension", "on_main_thread")),
    ]


class Buffer(ctypes.Structure):
    _fields_ = [
        ("data32", VOID),
        ("data64", VOID),
        ("channels", WORD),
        ("latency", WORD),
        ("constant", ctypes.c_uint64),
    ]


class Header(ctypes.Structure):
    _fields_ = [("size", WORD), ("time", WORD), ("space", ctypes.c_uint16), ("type", ctypes.c_uint16), ("flags", WORD)]


class ParamValue(ctypes.Structure):
    _fields_ = [
        ("header", Header),
        ("param", WORD),
        ("cookie", VOID),
        ("note", ctypes.c_int32),
        *((name, ctypes.c_int16) for name in ("port", "channel", "key")),
        ("value", REAL),
    ]


class Events(ctypes.Structure):
    _fields_ = [("context", VOID), ("size", VOID), ("get", VOID)]


class Process(ctypes.Structure):
    _fields_ = [
        ("steady_time", ctypes.c_int64),
        ("frames", WORD),
        ("transport", VOID),
        ("inputs", VOID),
        ("outputs", VOID),
        ("input_count", WORD),
        ("output_count", WORD),
        ("in_events", VOID),
        ("out_events", VOID),
    ]


class PortInfo(ctypes.Structure):
    _fields_ = [
        ("id", WORD),
        ("name", ctypes.c_char * 256),
        ("flags", WORD),
        ("channels", WORD),
        ("type", TEXT),
        ("pair", WORD),
    ]


class ParamInfo(ctypes.Structure):
    _fields_ = [
        ("id", WORD),
        ("flags", WORD),
        ("cookie", VOID),
        ("name", ctypes.c_char * 256),
        ("module", ctypes.c_char * 1024),
        *((name, REAL) for name in ("minimum", "maximum", "initial")),
    ]


class Stream(ctypes.Structure):
    _fields_ = [("context", VOID), ("call", VOID)]


def call(address: int, result: Any, *arguments: Any) -> Any:
    """Call a function of a table, with arguments that are ctypes values."""
    return ctypes.CFUNCTYPE(result, *(type(a) if isinstance(a, ctypes._SimpleCData) else VOID for a in arguments))(
        address
    )(*(a if isinstance(a, ctypes._SimpleCData) else ctypes.addressof(a) for a in arguments))


def address(function: Any) -> int | None:
    return ctypes.cast(function, VOID).value


@functools.cache
def factory() -> VOID:
    library = ctypes.CDLL(str(installed("clap/DeepDenoise.clap")))
    entry = Entry.in_dll(library, "clap_entry")
    assert (entry.version.major, entry.version.minor) == (1, 2)
    assert ctypes.CFUNCTYPE(FLAG, TEXT)(entry.init)(str(installed("clap/DeepDenoise.clap")).encode())
    get = ctypes.CFUNCTYPE(VOID, TEXT)(entry.get_factory)
    assert not get(b"clap.other")
    return VOID(get(b"clap.plugin-factory"))


def methods(table: int, count: int) -> list[int]:
    return list((VOID * count).from_address(table))


class EventList:
    """Parameter values (sample, parameter, value) as a host passes them; any other headers too."""

    def __init__(self, changes: Iterable[tuple[int, int, float]] = (), others: Iterable[Any] = ()) -> None:
        values = [
            ParamValue(Header(ctypes.sizeof(ParamValue), time, 0, PARAM_VALUE, 0), param, None, -1, -1, -1, -1, value)
            for time, param, value in changes
        ]
        self.events: list[Any] = [*others, *values]
        self._size = ctypes.CFUNCTYPE(WORD, VOID)(lambda _: len(self.events))
        self._get = ctypes.CFUNCTYPE(VOID, VOID, WORD)(self._at)
        self.table = Events(None, address(self._size), address(self._get))

    def _at(self, _: object, index: int) -> int | None:
        event = self.events[index]
        return None if event is None else ctypes.addressof(event)


class Plugin:
    """One instance, and what it asked of the host in `asked`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asks = ctypes.CFUNCTYPE(None, VOID)
        self._asks = {
            name: asks(lambda _, name=name: self.asked.append(name)) for name in ("restart", "process", "callback")
        }
        self._rescan = ctypes.CFUNCTYPE(None, VOID, WORD)(lambda _, flags: self.asked.append(f"rescan {flags}"))
        self._changed = asks(lambda _: self.asked.append("latency"))
        self._params = (VOID * 3)(address(self._rescan), None, None)
        self._latency = (VOID * 1)(address(self._changed))
        self._get = ctypes.CFUNCTYPE(VOID, VOID, TEXT)(self._extension)
        self.host = Host(Version(1, 2, 0), None, b"bare", b"", b"", b"1", address(self._get))
        for name, function in self._asks.items():
            setattr(self.host, f"request_{name}", address(function))
        _, descriptor, create = methods(factory().value or 0, 3)
        self.descriptor = Descriptor.from_address(call(descriptor, VOID, factory(), WORD(0)))
        assert not call(descriptor, VOID, factory(), WORD(1))
        assert not call(create, VOID, factory(), self.host, TEXT(b"other"))
        self.pointer = VOID(call(create, VOID, factory(), self.host, TEXT(self.descriptor.id)))
        self.table = Table.from_address(self.pointer.value or 0)
        assert self.method("init", FLAG)

    def _extension(self, _: object, name: bytes) -> int | None:
        found = {b"clap.params": self._params, b"clap.latency": self._latency}.get(name)
        return None if found is None else ctypes.addressof(found)

    def method(self, name: str, result: Any, *arguments: Any) -> Any:
        return call(getattr(self.table, name), result, self.pointer, *arguments)

    def extension(self, name: str, index: int, result: Any, *arguments: Any) -> Any:
        """Call a function of an extension, by its place in the extension's table."""
        table = self.method("get_extension", VOID, TEXT(f"clap.{name}".encode()))
        assert table
        return call(methods(table, index + 1)[index], result, self.pointer, *arguments)

    def close(self) -> None:
        self.method("destroy", None)

    def select(self, channels: int) -> bool:
        return self.extension("audio-ports-config", 2, FLAG, WORD(channels))

    def activate(self, rate: float, block: int = 8192) -> bool:
        started = self.method("activate", FLAG, REAL(rate), WORD(1), WORD(block))
        return started and self.method("start_processing", FLAG)

    def deactivate(self) -> None:
        self.method("stop_processing", None)
        self.method("deactivate", None)

    def latency(self) -> int:
        return self.extension("latency", 0, WORD)

    def params(self) -> list[ParamInfo]:
        infos = [ParamInfo() for _ in range(self.extension("params", 0, WORD))]
        for index, info in enumerate(infos):
            assert self.extension("params", 1, FLAG, WORD(index), info)
        return infos

    def value(self, param: int) -> float:
        value = REAL()
        assert self.extension("params", 2, FLAG, WORD(param), VOID(ctypes.addressof(value)))
        return value.value

    def text(self, param: int, value: float) -> str | None:
        buffer = ctypes.create_string_buffer(64)
        told = self.extension("params", 3, FLAG, WORD(param), REAL(value), buffer, WORD(64))
        return buffer.value.decode() if told else None

    def from_text(self, param: int, text: str) -> float | None:
        value = REAL()
        told = self.extension("params", 4, FLAG, WORD(param), TEXT(text.encode()), VOID(ctypes.addressof(value)))
        return value.value if told else None

    def flush(self, *changes: tuple[int, int, float]) -> None:
        self.flush_events(EventList(changes))

    def flush_events(self, events: EventList) -> None:
        """Pass events outside `process`; the list lives as long as the call."""
        self.extension("params", 5, None, events.table, VOID())

    def save(self) -> bytes:
        data = bytearray()

        def write(_: object, source: int, size: int) -> int:
            piece = ctypes.string_at(source, min(size, 1000))
            data.extend(piece)
            return len(piece)

        function = ctypes.CFUNCTYPE(ctypes.c_int64, VOID, VOID, ctypes.c_uint64)(write)
        assert self.extension("state", 0, FLAG, Stream(None, address(function)))
        return bytes(data)

    def load(self, data: bytes) -> bool:
        rest = bytearray(data)

        def read(_: object, target: int, size: int) -> int:
            piece = bytes(rest[: min(size, 1000)])
            ctypes.memmove(target, piece, len(piece))
            del rest[: len(piece)]
            return len(piece)

        function = ctypes.CFUNCTYPE(ctypes.c_int64, VOID, VOID, ctypes.c_uint64)(read)
        return self.extension("state", 1, FLAG, Stream(None, address(function)))

    def block(self, source: np.ndarray, target: np.ndarray, events: EventList | None = None) -> Process:
        """What `process` takes, which holds its arrays alive."""
        rows = [(VOID * len(array))(*(row.ctypes.data for row in array)) for array in (source, target)]
        buffers = [
            Buffer(ctypes.addressof(row), None, len(array), 0, 0)
            for row, array in zip(rows, (source, target), strict=True)
        ]
        events = events or EventList()
        data = Process(0, source.shape[1], None, *(ctypes.addressof(b) for b in buffers), 1, 1)
        data.in_events = ctypes.addressof(events.table)
        data.held = rows, buffers, events, source, target
        return data

    def process(
        self,
        audio: np.ndarray,
        blocks: Iterable[int] = (512,),
        in_place: bool = False,
        changes: Iterable[tuple[int, int, float]] = (),
    ) -> np.ndarray:
        """Process an array in blocks of the given sizes, over and over; `changes` count from the array's start."""
        audio = np.ascontiguousarray(audio, np.float32)
        output, start, sizes, turn = np.zeros_like(audio), 0, [*blocks], 0
        while start < audio.shape[1]:
            source = audio[:, start : start + sizes[turn % len(sizes)]].copy()
            target = source if in_place else np.full_like(source, 9)
            stop = start + source.shape[1]
            now = [(time - start, param, value) for time, param, value in changes if start <= time < stop]
            assert self.method("process", ctypes.c_int32, self.block(source, target, EventList(now))) == CONTINUE
            output[:, start:stop] = target
            start, turn = stop, turn + 1
        return output
