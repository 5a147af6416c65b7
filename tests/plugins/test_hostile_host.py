"""Hosts that break the rules of VST3: no crash, no noise, and afterwards all is as ever."""

import random
import sys
import threading

import numpy as np
import pytest

if sys.platform != "linux":
    pytest.skip("the bare host knows Linux's calling convention and result codes", allow_module_level=True)

import ctypes

from bare_host import INVALID, MONO, NOT_INITIALIZED, OK, STEREO, VOID, Bus, Data, Plugin, method, process_data
from hostile_host import SOUND, STATES, Liar, settle, settled

AUDIO = 0.1 * np.random.default_rng(0).standard_normal((2, 20000)).astype(np.float32)


@pytest.fixture
def plugin() -> Plugin:
    plugin = Plugin()
    yield plugin
    assert settle(plugin, 8000.0, STEREO) == settled(8000.0, STEREO)
    plugin.close()


def call(plugin: Plugin, data: Data) -> int:
    return method(plugin.processor, 9, VOID)(ctypes.byref(data))


def test_process_before_setup(plugin: Plugin) -> None:
    result, output, _ = plugin.process(AUDIO)
    assert result == NOT_INITIALIZED
    assert not output.any()


def test_null_buffers_and_zero_channels(plugin: Plugin) -> None:
    settle(plugin, 8000.0, STEREO)
    data, output = process_data(AUDIO)
    for broken in ("input", "output"):
        for bus in (
            Bus(0, 0, None),
            Bus(2, 0, None),
            Bus(-1, 0, None),
            Bus(2, 0, (data.input[0].buffers._type_ * 2)()),
        ):
            data, output = process_data(AUDIO)
            setattr(data, broken, ctypes.pointer(bus))
            assert call(plugin, data) == INVALID
            assert broken == "output" or not output.any()
    data, output = process_data(AUDIO)
    data.input = None
    assert call(plugin, data) == INVALID
    assert not output.any()
    data, output = process_data(AUDIO)
    data.output = None
    assert call(plugin, data) == OK  # nothing to fill


def test_blocks_beyond_the_maximum(plugin: Plugin) -> None:
    settle(plugin, 8000.0, STEREO)
    plugin.setup(8000.0, block=64)
    plugin.processing(False)
    plugin.processing(True)
    whole = plugin.process(AUDIO)[1]
    plugin.processing(False)
    plugin.processing(True)
    parts = [plugin.process(part)[1] for part in np.array_split(AUDIO, 313, axis=1)]
    np.testing.assert_array_equal(whole, np.concatenate(parts, axis=1))


def test_rate_and_channels_change_while_active(plugin: Plugin) -> None:
    for rate, arrangement in ((8000.0, MONO), (48000.0, STEREO), (8000.0, STEREO), (192000.0, MONO)):
        settle(plugin, 8000.0, MONO)
        assert plugin.arrange([arrangement], [arrangement]) == OK
        assert plugin.setup(rate) == OK
        plugin.processing(False)
        plugin.processing(True)
        result, output, _ = plugin.process(SOUND[: arrangement.bit_count(), :3000])
        assert result == OK
        assert output.tobytes() == settled(rate, arrangement)


def test_states_while_another_thread_processes(plugin: Plugin) -> None:
    settle(plugin, 8000.0, STEREO)
    over, results = threading.Event(), set()

    def audio() -> None:
        while not over.is_set():
            result, output, _ = plugin.process(AUDIO[:, :480])
            results.add((result, bool(np.isfinite(output).all())))

    thread = threading.Thread(target=audio)
    thread.start()
    for turn in range(200):
        assert plugin.set_state(STATES[turn % len(STATES)]) == OK
    over.set()
    thread.join()
    assert results == {(OK, True)}


def test_streams_that_lie(plugin: Plugin) -> None:
    settle(plugin, 8000.0, STEREO)
    for seed in range(200):
        liar = Liar(random.Random(seed), STATES[seed % len(STATES)])
        method(plugin.component, 12, VOID)(liar.pointer)
    result, output, _ = plugin.process(AUDIO)
    assert result == OK
    assert np.isfinite(output).all()


def test_list_values_out_of_range(plugin: Plugin) -> None:
    plugin.initialize()
    models = 1000  # its id, for ever
    to_plain = method(plugin.controller, 12, ctypes.c_uint32, ctypes.c_double, result=ctypes.c_double)
    for value in (-1.0, np.nan, np.inf, -np.inf, 1e300):
        assert to_plain(models, value) == 0.0
