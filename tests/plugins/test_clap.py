"""The CLAP plug-in in a bare host, and before clap-info."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

if sys.platform != "linux":
    pytest.skip("the bare host loads Linux's libraries", allow_module_level=True)

from clap_host import ERROR, FLAG, WORD, EventList, Plugin, PortInfo, ctypes
from other_hosts import assert_late, expected
from sounds import speechlike

from speechenh_plugin import modelfile, preset
from speechenh_plugin.controls import CONTROLS
from speechenh_plugin.store import installed

RATES = [8000, 16000, 44100, 48000, 96000, 192000]
MODEL, PLACE = 1000, len(CONTROLS)  # the list of models: its id, for ever, and where it is listed


@pytest.fixture
def plugin():
    plugin = Plugin()
    yield plugin
    plugin.close()


def started(plugin: Plugin, rate: float, channels: int) -> Plugin:
    assert plugin.select(channels)
    assert plugin.activate(rate)
    return plugin


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_agrees_with_pedalboard_in_any_blocks_at_any_rate(plugin: Plugin, rate: int, channels: int) -> None:
    audio = speechlike(0.3, rate, channels)
    started(plugin, rate, channels)
    whole, wanted = plugin.process(audio, [8192]), expected(audio, rate)
    assert plugin.latency() == wanted[1]
    assert_late(whole, wanted)
    for blocks in ([1, 64, 480, 8192], [97]):
        plugin.method("reset", None)
        np.testing.assert_array_equal(plugin.process(audio, blocks, in_place=True), whole)


def test_ports(plugin: Plugin) -> None:
    for channels, kind in ((1, b"mono"), (2, b"stereo")):
        assert plugin.select(channels)
        for is_input in (True, False):
            assert plugin.extension("audio-ports", 0, WORD, FLAG(is_input)) == 1
            info = PortInfo()
            assert plugin.extension("audio-ports", 1, FLAG, WORD(0), FLAG(is_input), info)
            assert (info.channels, info.type, info.flags, info.pair) == (channels, kind, 1, 0)
            assert not plugin.extension("audio-ports", 1, FLAG, WORD(1), FLAG(is_input), info)
    assert not plugin.select(3)
    started(plugin, 48000, 1)
    assert not plugin.select(2)  # only while it is not active


def test_parameters_are_the_tables(plugin: Plugin) -> None:
    infos = plugin.params()
    assert [info.id for info in infos] == [*range(PLACE), MODEL]
    for info, control in zip(infos, CONTROLS, strict=False):
        assert info.name.decode() == control.title
        assert (info.minimum, info.maximum, info.initial) == (0, control.maximum, control.default)
        assert plugin.value(info.id) == control.default
        for value in (0.0, control.default, control.maximum):
            text = plugin.text(info.id, value)
            assert text == control.text(value)
            assert plugin.from_text(info.id, text) == value
        assert bool(info.flags & 1 << 16) == (bool(control.labels) and control.name != "bypass")
        assert bool(info.flags & 1 << 4) == (control.name == "bypass")
    assert infos[PLACE].name == b"Model"
    assert plugin.text(MODEL, infos[PLACE].maximum) == "custom"
    assert plugin.from_text(MODEL, plugin.text(MODEL, 1)) == 1
    assert plugin.text(0, 101) is plugin.text(PLACE, 0) is plugin.from_text(0, "loud") is None


def test_events_count_from_the_sample_that_they_name(plugin: Plugin) -> None:
    audio = speechlike(1, 8000, 2)
    changes = [(0, 0, 100.0), (1280, 0, 0.0), (2560, 3, 1.0), (2563, 3, 0.0), (4000, 0, 100.0), (7999, 0, 50.0)]
    started(plugin, 8000, 2)
    whole = plugin.process(audio, [8000], changes=changes)
    assert plugin.value(0) == 50
    for blocks in ([64], [1, 333]):
        plugin.method("reset", None)
        np.testing.assert_array_equal(plugin.process(audio, blocks, changes=changes), whole)


def test_a_model_is_chosen_on_the_main_thread(plugin: Plugin) -> None:
    audio = speechlike(0.5, 16000)
    names = [plugin.text(MODEL, entry) for entry in range(int(plugin.params()[PLACE].maximum) + 1)]
    started(plugin, 16000, 1)
    plugin.process(audio, [512], changes=[(1000, MODEL, 1.0)])
    assert plugin.asked == ["latency", "callback"]
    assert plugin.value(MODEL) == 1
    plugin.method("on_main_thread", None)
    plugin.method("reset", None)
    assert_late(plugin.process(audio), expected(audio, 16000, model=names[1]))
    plugin.flush((0, MODEL, 2.0))
    plugin.deactivate()
    assert plugin.activate(16000)
    assert_late(plugin.process(audio), expected(audio, 16000, model=names[2]))
    plugin.flush((0, MODEL, float(len(names) - 1)))  # no model of one's own was ever given
    plugin.method("on_main_thread", None)
    assert plugin.asked[-1] == "rescan 1"
    assert plugin.value(MODEL) == 2


def test_another_latency_comes_with_a_new_start(plugin: Plugin, tmp_path: Path) -> None:
    from engine_models import fixed_outputs

    from training.network.front_end import fullband

    started(plugin, 16000, 1)
    before = plugin.latency()
    model = fixed_outputs(fullband(lookahead=1), gains=np.full((129, 1), 0.5))
    assert plugin.load(preset.pack_state(preset.State({}, model)))
    assert "restart" in plugin.asked
    assert plugin.latency() == before
    plugin.asked.clear()
    plugin.deactivate()
    assert plugin.activate(16000)
    assert plugin.latency() > before
    assert plugin.asked == ["latency"]


def test_state(plugin: Plugin, fullband_model: Path) -> None:
    audio = speechlike(0.5, 16000)
    packed = modelfile.pack(fullband_model)
    state = preset.pack_state(preset.State({0: 80.0, 1: 20.0, 2: 0.0, 3: 1.0, 4: 0.0}, packed))
    assert plugin.load(state)
    assert plugin.save() == state
    assert plugin.value(MODEL) == plugin.params()[PLACE].maximum
    started(plugin, 16000, 1)
    settings = {"strength": 80, "reduction_limit_db": 20, "stereo_link": False, "listen": "removed"}
    assert_late(plugin.process(audio), expected(audio, 16000, model=fullband_model, **settings))
    for broken in (b"", state[:-1], state[:1000], b"x" + state):
        assert not plugin.load(broken)
        assert plugin.save() == state


def test_a_state_whose_model_is_gone_sets_the_rest(plugin: Plugin) -> None:
    before = plugin.value(MODEL)
    assert not plugin.load(preset.pack_state(preset.State({0: 80.0, 1: 12.0, 2: 0.0}, "gone")))
    assert [plugin.value(id) for id in (0, 1, 2, MODEL)] == [80, 12, 0, before]


def test_a_model_that_was_just_chosen_is_saved(plugin: Plugin) -> None:
    plugin.flush((0, MODEL, 1.0))
    assert preset.unpack_state(plugin.save()).model == plugin.text(MODEL, 1)


def test_what_does_not_fit_is_silence(plugin: Plugin) -> None:
    started(plugin, 16000, 2)
    source = speechlike(0.1, 16000, 1)
    target = np.full_like(source, 9)
    assert plugin.method("process", ctypes.c_int32, plugin.block(source, target)) == ERROR
    assert not target.any()
    assert not plugin.activate(7000)
    assert not plugin.activate(float("nan"))


def test_unknown_events_are_passed_over(plugin: Plugin) -> None:
    from clap_host import Header, ParamValue

    started(plugin, 16000, 1)
    source = speechlike(0.1, 16000, 1)
    strange = [
        Header(ctypes.sizeof(Header), 0, 0, 0, 0),
        Header(ctypes.sizeof(Header), 5, 0, 5, 0),
        ParamValue(Header(ctypes.sizeof(ParamValue), 7, 1, 5, 0), 0, None, -1, -1, -1, -1, 0.0),
        None,
        ParamValue(Header(ctypes.sizeof(ParamValue), 2**32 - 1, 0, 5, 0), 99, None, -1, -1, -1, -1, 0.0),
        ParamValue(Header(ctypes.sizeof(ParamValue), 0, 0, 5, 0), 0, None, -1, -1, -1, -1, float("nan")),
    ]
    data = plugin.block(source, np.zeros_like(source), EventList(others=strange))
    assert plugin.method("process", ctypes.c_int32, data) != ERROR
    assert plugin.value(0) == 100


def test_clap_info_reads_it() -> None:
    program = shutil.which("clap-info")
    if program is None:
        pytest.skip("needs clap-info (free-audio/clap-info), which is built from source")
    run = subprocess.run([program, installed("clap/DeepDenoise.clap")], capture_output=True, text=True, check=True)
    (told,) = json.loads(run.stdout)["plugins"]
    assert told["descriptor"]["id"] == "deepdenoise.deepdenoise"
    assert told["extensions"]["clap.params"]["param-count"] == PLACE + 1
