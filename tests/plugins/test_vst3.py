"""The bundle in other hosts than pedalboard: dawdreamer, and a bare one that calls in any order."""

import ctypes
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bare_host import FALSE, INVALID, MONO, NOT_INITIALIZED, OK, STEREO, SURROUND, VOID, Plugin, method
from sounds import speechlike

from speechenh_plugin import DeepDenoise, modelfile, preset
from speechenh_plugin.store import bundle_path

HERE = Path(__file__).parents[1] / "helpers"


# --- dawdreamer


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (44100, 2), (48000, 1), (48000, 2)])
def test_dawdreamer_agrees_with_pedalboard(model: Path, rate: int, channels: int, tmp_path: Path) -> None:
    audio = speechlike(1, rate, channels)
    effect = DeepDenoise(model=model, strength=80, reduction_limit_db=20)
    stored, source, target = (tmp_path / name for name in ("tiny.vstpreset", "in.npy", "out.npy"))
    stored.write_bytes(effect.preset_data)
    np.save(source, audio)
    command = [sys.executable, HERE / "dawdreamer_host.py", bundle_path(), stored, source, target, str(rate)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr

    seen, heard, expected = json.loads(run.stdout), np.load(target), effect(audio, rate)
    assert seen["latency"] == effect.reported_latency_samples
    count = heard.shape[1] - seen["latency"]
    assert count > 0.9 * audio.shape[1]
    np.testing.assert_allclose(heard[:, seen["latency"] :], expected[:, :count], atol=1e-5)
    first, last, now = seen["parameters"].pop("Model")
    assert last == "custom"
    assert now == first
    assert seen["parameters"] == {
        "Strength": ["0.0 %", "100.0 %", "100.0 %"],
        "Reduction limit": ["0.0 dB", "100.0 dB", "40.0 dB"],
        "Stereo link": ["off", "on", "on"],
        "Listen": ["result", "removed", "result"],
        "Bypass": ["off", "on", "off"],
    }


# --- a bare host

if sys.platform != "linux":
    pytest.skip("the bare host knows Linux's calling convention and result codes", allow_module_level=True)


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


def test_automation_does_not_depend_on_the_block(plugin: Plugin, state: bytes) -> None:
    started(plugin, state, 8000)
    audio = speechlike(1, 8000, 2)
    strength, listen = 0, 3
    corners, listens = [(0, 1.0), (1280, 0.0), (3968, 1.0), (7999, 0.5)], [(2560, 1.0), (2624, 0.0)]
    _, whole, _ = plugin.process(audio, changes={strength: corners, listen: listens})
    # A point in the last step holds for the next block.
    assert preset.unpack_state(plugin.get_state()).values[strength] == 50.0
    plugin.processing(False)
    plugin.processing(True)
    parts = []
    for start in range(0, 8000, 64):
        now = {id: [(0, value) for at, value in of_it if at == start] for id, of_it in ((0, corners), (3, listens))}
        # Of a line, a block is told where it ends.
        now[strength].append((63, np.interp(start + 63, *zip(*corners, strict=True))))
        parts.append(plugin.process(audio[:, start : start + 64], changes=now)[1])
    np.testing.assert_allclose(np.concatenate(parts, 1), whole, atol=1e-6)
    assert whole.any()


def test_what_a_host_shows_late_changes_no_sound(plugin: Plugin, state: bytes) -> None:
    show = method(plugin.controller, 15, ctypes.c_uint32, ctypes.c_double)
    strength, audio = 0, speechlike(0.3, 16000, 2)
    started(plugin, state)
    _, wanted, _ = plugin.process(audio, changes={strength: [(0, 0.0)]})
    assert show(strength, 1.0) == OK
    _, after, _ = plugin.process(audio)
    np.testing.assert_array_equal(after[:, plugin.latency() :], audio[:, : -plugin.latency()])
    assert preset.unpack_state(plugin.get_state()).values[strength] == 100.0
    plugin.processing(False)
    plugin.processing(True)  # what is shown is heard
    assert not np.array_equal(plugin.process(audio)[1], wanted)


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


def test_latency_follows_rate(plugin: Plugin, state: bytes) -> None:
    started(plugin, state)
    for rate, latency in (8000, 256), (44100, 1408), (48000, 1536):
        assert plugin.setup(rate) == OK
        assert plugin.latency() == latency


@pytest.mark.parametrize("kind", ["narrowband", "fullband"])
def test_the_tail_ends_where_the_output_does(plugin: Plugin, kind: str, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(f"{kind}_model")
    started(plugin, preset.pack_state(preset.State({}, modelfile.pack(model))), 8000)
    tail = method(plugin.processor, 10, result=ctypes.c_uint32)()
    for samples in range(4000, 4064, 13):  # a sound may end anywhere in a hop
        plugin.processing(False)
        plugin.processing(True)
        plugin.process(speechlike(1, 8000, 2)[:, :samples])
        _, after, _ = plugin.process(np.zeros((2, tail + 1000)))
        assert after[:, plugin.latency() : tail].any()
        assert not after[:, tail:].any()


def test_state_round_trip(plugin: Plugin, state: bytes) -> None:
    started(plugin, state)
    values = {0: 12.5, 1: 40.0, 2: 0.0, 3: 1.0, 4: 1.0}
    full = preset.pack_state(preset.unpack_state(state)._replace(values=values))
    assert plugin.set_state(full) == OK
    assert plugin.get_state() == full
    assert plugin.set_state(preset.pack_state(preset.State(values, ""))) == OK  # no model named: the same stays
    assert plugin.get_state() == full
    for cut in range(0, len(full), 997):
        assert plugin.set_state(full[:cut]) == FALSE
    assert plugin.set_state(full + b"x") == FALSE
    assert plugin.get_state() == full
    later = preset.pack_state(preset.State({**values, 99: 1e9}, ""))  # with a control that a later version adds
    assert plugin.set_state(later) == OK
    assert plugin.get_state() == full
    between = preset.pack_state(preset.State({2: 0.3, 3: 0.7, 4: 0.3}, ""))
    assert plugin.set_state(between) == OK
    assert [preset.unpack_state(plugin.get_state()).values[id] for id in (2, 3, 4)] == [0.0, 1.0, 0.0]


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


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_process_neither_allocates_nor_locks_nor_calls_the_system(
    narrowband_model: Path, fullband_model: Path, tmp_path: Path
) -> None:
    guard = tmp_path / "realtime_guard.so"
    source = HERE / "native" / "realtime_guard.c"
    subprocess.run(["cc", "-O1", "-fPIC", "-shared", "-o", guard, source, "-ldl"], check=True)
    paths = os.pathsep.join([str(HERE.parents[1]), str(HERE), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "LD_PRELOAD": str(guard), "PYTHONPATH": paths}
    command = [sys.executable, HERE / "vst3_probe.py", guard, narrowband_model, fullband_model]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    counts = json.loads(run.stdout)
    assert counts.pop("control") == 2  # one malloc, one free: the guard counts
    assert len(counts) == 47
    assert counts == {case: [0, 0] for case in counts}
