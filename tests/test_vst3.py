"""The bundle in other hosts than pedalboard: dawdreamer, and a bare one that calls in any order."""

import ctypes
import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import speechlike

from speechenh_plugin import DeepDenoise, modelfile, preset
from speechenh_plugin.store import bundle_path

OK, FALSE, INVALID, NOT_INITIALIZED = 0, 1, 2, 5
STEREO, MONO, SURROUND = 0x3, 1 << 19, 0x3F


# --- dawdreamer


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_dawdreamer_agrees_with_pedalboard(model: Path, rate: int, channels: int, tmp_path: Path) -> None:
    dawdreamer = pytest.importorskip("dawdreamer")
    audio = speechlike(1, rate, channels)
    effect = DeepDenoise(model=model, strength=80, reduction_limit_db=30)
    file = tmp_path / "tiny.vstpreset"
    file.write_bytes(effect.preset_data)

    engine = dawdreamer.RenderEngine(rate, 512)
    processor = engine.make_plugin_processor("denoise", str(bundle_path()))
    assert processor.load_vst3_preset(str(file))
    processor.set_bus(channels, channels)
    engine.load_graph([(engine.make_playback_processor("audio", audio), []), (processor, ["audio"])])
    engine.render(1.0)
    heard = engine.get_audio()

    latency = processor.get_latency_samples()
    expected = effect(audio, rate)
    assert latency == effect.reported_latency_samples
    count = heard.shape[1] - latency
    np.testing.assert_allclose(heard[:channels, latency:], expected[:, :count], atol=1e-5)


def test_dawdreamer_shows_parameters() -> None:
    dawdreamer = pytest.importorskip("dawdreamer")
    engine = dawdreamer.RenderEngine(48000, 512)
    processor = engine.make_plugin_processor("denoise", str(bundle_path()))
    shown = {p["name"]: (p["min"], p["max"], p["text"]) for p in processor.get_parameters_description()}
    first, last, now = shown.pop("Model")
    assert last == "custom"
    assert now == first
    assert shown == {
        "Strength": ("0.0 %", "100.0 %", "100.0 %"),
        "Reduction limit": ("0.0 dB", "100.0 dB", "100.0 dB"),
        "Stereo link": ("off", "on", "on"),
        "Listen": ("result", "removed", "result"),
        "Bypass": ("off", "on", "off"),
    }


# --- a bare host: calls through the interfaces' method tables

if sys.platform != "linux":
    pytest.skip("the bare host knows Linux's calling convention and result codes", allow_module_level=True)

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


class Stream:
    """An IBStream over bytes, whose reads come in small pieces."""

    def __init__(self, data: bytes = b"") -> None:
        self.data, self.position = data, 0
        count = ctypes.POINTER(ctypes.c_int32)
        method = ctypes.CFUNCTYPE
        self._methods = [
            method(ctypes.c_int32, VOID, VOID, VOID)(lambda *_: FALSE),
            method(ctypes.c_uint32, VOID)(lambda _: 1),
            method(ctypes.c_uint32, VOID)(lambda _: 1),
            method(ctypes.c_int32, VOID, VOID, ctypes.c_int32, count)(self._read),
            method(ctypes.c_int32, VOID, VOID, ctypes.c_int32, count)(self._write),
            method(ctypes.c_int32, VOID, ctypes.c_int64, ctypes.c_int32, VOID)(lambda *_: FALSE),
            method(ctypes.c_int32, VOID, VOID)(lambda *_: FALSE),
        ]
        self._table = (VOID * 7)(*(ctypes.cast(m, VOID) for m in self._methods))
        self._object = VOID(ctypes.addressof(self._table))
        self.pointer = ctypes.byref(self._object)

    def _read(self, _: object, buffer: int, size: int, count: Any) -> int:
        piece = self.data[self.position : self.position + min(size, 100)]
        ctypes.memmove(buffer, piece, len(piece))
        self.position += len(piece)
        if count:
            count[0] = len(piece)
        return OK

    def _write(self, _: object, buffer: int, size: int, count: Any) -> int:
        self.data += ctypes.string_at(buffer, size)
        if count:
            count[0] = size
        return OK


def method(pointer: Any, index: int, *types: Any, result: Any = ctypes.c_int32) -> Callable[..., Any]:
    table = ctypes.cast(pointer, ctypes.POINTER(ctypes.POINTER(VOID)))[0]
    function = ctypes.CFUNCTYPE(result, VOID, *types)(table[index])
    return lambda *arguments: function(pointer, *arguments)


class Plugin:
    """One instance, created through the factory as a host does."""

    def __init__(self) -> None:
        library = ctypes.CDLL(str(next((bundle_path() / "Contents").glob("*-linux/DeepDenoise.so"))))
        library.ModuleEntry.restype = ctypes.c_bool
        assert library.ModuleEntry(None)
        library.GetPluginFactory.restype = VOID
        factory = VOID(library.GetPluginFactory())
        cid = bytes.fromhex(preset.class_id(bundle_path()))
        create = method(factory, 6, ctypes.c_char_p, ctypes.c_char_p, VOID)
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
        return method(self.component, 12, VOID)(Stream(data).pointer)

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

    def process(self, audio: np.ndarray, in_place: bool = False, size: int = 0) -> tuple[int, np.ndarray, int]:
        source = np.ascontiguousarray(audio, np.float32).copy()
        target = source if in_place else np.full_like(source, 9)
        buses = []
        for array in (source, target):
            rows = [array[c].ctypes.data_as(ctypes.POINTER(ctypes.c_float)) for c in range(len(array))]
            buses.append(Bus(len(array), 0, (ctypes.POINTER(ctypes.c_float) * len(array))(*rows)))
        data = Data(0, size, audio.shape[1], 1, 1, ctypes.pointer(buses[0]), ctypes.pointer(buses[1]))
        result = method(self.processor, 9, VOID)(ctypes.byref(data))
        return result, target, buses[1].silence

    def process_nothing(self) -> int:
        return method(self.processor, 9, VOID)(ctypes.byref(Data()))


@pytest.fixture
def plugin() -> Any:
    plugin = Plugin()
    yield plugin
    plugin.close()


@pytest.fixture
def state(model: Path) -> bytes:
    return preset.pack_state(preset.State({}, modelfile.pack(model)))


def test_any_order_of_calls(plugin: Plugin, state: bytes) -> None:
    audio = speechlike(0.1, 16000, 2)

    def silent() -> None:
        result, output, _ = plugin.process(audio)
        assert result == NOT_INITIALIZED
        assert not output.any()

    silent()
    plugin.processing(True)
    plugin.active(True)
    silent()
    assert plugin.latency() == 0
    assert plugin.initialize() == OK
    assert plugin.initialize() == OK
    silent()
    assert plugin.set_state(state) == OK
    silent()
    assert plugin.setup(500000) == FALSE
    silent()
    assert plugin.setup(16000) == OK
    assert plugin.process(audio)[0] == OK
    assert plugin.process_nothing() == OK
    assert plugin.setup(0) == FALSE
    silent()


def started(plugin: Plugin, state: bytes, rate: float = 16000, arrangement: int = STEREO) -> Plugin:
    assert plugin.initialize() == OK
    assert plugin.set_state(state) == OK
    assert plugin.arrange([arrangement], [arrangement]) == OK
    assert plugin.setup(rate) == OK
    assert plugin.active(True) == OK
    assert plugin.processing(True) == OK
    return plugin


def test_in_place_gives_the_same(plugin: Plugin, state: bytes) -> None:
    started(plugin, state)
    audio = speechlike(0.3, 16000, 2)
    _, apart, _ = plugin.process(audio)
    plugin.processing(False)
    plugin.processing(True)
    result, in_place, _ = plugin.process(audio, in_place=True)
    assert result == OK
    np.testing.assert_array_equal(in_place, apart)
    assert apart.any()


@pytest.mark.parametrize("restart", ["processing", "active"])
def test_restart_clears_the_past(plugin: Plugin, state: bytes, restart: str) -> None:
    started(plugin, state)
    plugin.process(speechlike(0.3, 16000, 2))
    getattr(plugin, restart)(False)
    getattr(plugin, restart)(True)
    assert not plugin.process(np.zeros((2, 2000)))[1].any()


def test_repeated_starts_keep_the_stream(plugin: Plugin, state: bytes) -> None:
    started(plugin, state)
    plugin.process(speechlike(0.3, 16000, 2))
    plugin.setup(16000, block=4096)
    plugin.active(True)
    plugin.processing(True)
    assert plugin.process(np.zeros((2, 400)))[1].any()


def test_silence_flags_are_true(plugin: Plugin, state: bytes) -> None:
    started(plugin, state)
    audio = speechlike(0.3, 16000, 2)
    audio[1] = 0
    assert plugin.process(audio)[2] == 0b10
    plugin.processing(False)
    plugin.processing(True)
    assert plugin.process(0 * audio)[2] == 0b11


def test_arrangements(plugin: Plugin, state: bytes) -> None:
    started(plugin, state)
    plugin.active(False)
    for bad in ([STEREO], [MONO]), ([], []), ([STEREO, STEREO], [STEREO]), ([0], [0]), ([STEREO], []):
        assert plugin.arrange(*bad) == FALSE
    plugin.active(True)
    assert plugin.process(speechlike(0.1, 16000, 2))[0] == OK  # the last good one still holds
    for arrangement, channels in (MONO, 1), (SURROUND, 6):
        assert plugin.arrange([arrangement], [arrangement]) == OK
        assert plugin.process(speechlike(0.1, 16000, channels))[0] == OK
        result, output, _ = plugin.process(speechlike(0.1, 16000, channels + 1))
        assert result == INVALID
        assert not output.any()


def test_only_32_bit_samples(plugin: Plugin, state: bytes) -> None:
    started(plugin, state)
    can = method(plugin.processor, 5, ctypes.c_int32)
    assert (can(0), can(1)) == (OK, FALSE)
    assert plugin.process(speechlike(0.1, 16000, 2), size=1)[0] == INVALID
    assert plugin.setup(16000, size=1) == FALSE


def test_latency_follows_rate_and_tail_covers_it(plugin: Plugin, state: bytes) -> None:
    started(plugin, state)
    for rate, latency in (8000, 256), (44100, 1408), (48000, 1536):
        assert plugin.setup(rate) == OK
        assert plugin.latency() == latency
        assert method(plugin.processor, 10, result=ctypes.c_uint32)() == latency


def test_state_round_trip(plugin: Plugin, state: bytes) -> None:
    started(plugin, state)
    values = {0: 12.5, 1: 40.0, 2: 0.0, 3: 1.0, 4: 1.0}
    full = preset.pack_state(preset.unpack_state(state)._replace(values=values))
    assert plugin.set_state(full) == OK
    assert plugin.get_state() == full
    for cut in range(0, len(full), 997):
        assert plugin.set_state(full[:cut]) == FALSE
    assert plugin.set_state(full + b"x") == FALSE
    assert plugin.get_state() == full


def test_a_new_state_amid_a_stream(plugin: Plugin, narrowband_model: Path, fullband_model: Path) -> None:
    states = [preset.pack_state(preset.State({}, modelfile.pack(m))) for m in (narrowband_model, fullband_model)]
    started(plugin, states[0])
    audio = speechlike(0.3, 16000, 2)
    outputs = []
    for repetition in range(6):
        assert plugin.set_state(states[repetition % 2]) == OK
        outputs.append(plugin.process(audio)[1])
    for output in outputs[2:]:
        assert any(np.array_equal(output, first) for first in outputs[:2])
    assert not np.array_equal(outputs[0], outputs[1])


def test_parameter_texts_round_trip(plugin: Plugin) -> None:
    plugin.initialize()
    count = method(plugin.controller, 8)() - 1  # the last one is the list of models
    to_text = method(plugin.controller, 10, ctypes.c_uint32, ctypes.c_double, VOID)
    from_text = method(plugin.controller, 11, ctypes.c_uint32, ctypes.c_char_p, VOID)
    for parameter in range(count):
        for value in (0.0, 0.25, 0.5, 1.0):
            buffer, back = ctypes.create_string_buffer(256), ctypes.c_double(-1)
            assert to_text(parameter, value, buffer) == OK
            assert from_text(parameter, buffer.raw, ctypes.byref(back)) == OK
            assert back.value == pytest.approx(value if parameter < 2 else float(value >= 0.5))
    for bad in ("", "loud", "120 %", "-1 %", "50 dB", "50 % %", "nan"):
        assert from_text(0, bad.encode("utf-16-le") + bytes(2), ctypes.byref(ctypes.c_double())) == FALSE
    assert to_text(count + 1, 0.5, ctypes.create_string_buffer(256)) == INVALID


def test_moduleinfo_agrees_with_the_factory(fullband_model: Path) -> None:
    info = json.loads((bundle_path() / "Contents/Resources/moduleinfo.json").read_text())
    (declared,) = info["Classes"]
    effect = DeepDenoise(model=fullband_model)
    assert (declared["Name"], declared["Vendor"], declared["Version"]) == (
        effect.name,
        effect.manufacturer_name,
        effect.version,
    )
    assert "|".join(declared["Sub Categories"]) == effect.category
    assert declared["CID"] == effect.preset_data[8:40].decode()
