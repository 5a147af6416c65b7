"""The LV2 plug-ins: in lv2apply, in FFmpeg, before LV2's own checker, and in a bare host."""

import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest

if sys.platform != "linux":
    pytest.skip("the bare host loads Linux's libraries", allow_module_level=True)

from other_hosts import HOSTS, assert_late, expected, ffmpeg_lv2, heard, label, program, run
from port_hosts import CHANNELS, Lv2, lv2_bundle, lv2_symbols
from sounds import speechlike

from speechenh_plugin import DeepDenoise, modelfile
from speechenh_plugin.controls import CONTROLS, PRESETS

RATES = [8000, 16000, 44100, 48000, 96000, 192000]
MODEL_KEY, PATH = b"urn:deepdenoise:model", b"http://lv2plug.in/ns/ext/atom#Path"
IN_THE_LIST = {MODEL_KEY: (b"http://lv2plug.in/ns/ext/atom#String", b"\0")}


@pytest.mark.parametrize("channels", [1, 2])
def test_lv2apply_agrees_with_pedalboard(channels: int, tmp_path: Path) -> None:
    audio = speechlike(1, 48000, channels)
    values = {"strength": 80, "reduction_limit": 20, "listen": 1}
    options = [part for symbol, value in values.items() for part in ("-c", symbol, value)]
    command = [program("lv2apply"), "-i", "in.wav", "-o", "out.wav", *options, f"urn:deepdenoise:{label(audio)}"]
    wanted = expected(audio, 48000, strength=80, reduction_limit_db=20, listen="removed")
    assert_late(heard(command, audio, 48000, tmp_path), wanted)


@pytest.mark.parametrize(("rate", "latency"), [(48000, "0.032"), (44100, "1408s")])
def test_lv2apply_as_the_manual_has_it_is_in_time_and_whole(rate: int, latency: str, tmp_path: Path) -> None:
    """By the row of HOSTS.md."""
    for needed in ("sox", "lv2apply"):
        program(needed)
    (row,) = re.findall(r"^\| `lv2apply` \| `([^`]*)`", HOSTS.read_text("utf-8"), re.M)
    audio = speechlike(1, rate)
    audio[0, [1000, -500]] = 0.9
    output = heard(["sh", "-c", row.replace("0.032", latency)], audio, rate, tmp_path)
    # SoX passes samples on as whole numbers: not bit for bit.
    np.testing.assert_allclose(output, expected(audio, rate)[0], rtol=0, atol=2**-22)


@pytest.mark.parametrize("channels", [1, 2])
def test_ffmpeg_agrees_with_pedalboard(channels: int, tmp_path: Path) -> None:
    audio = speechlike(1, 44100, channels)
    command = ffmpeg_lv2(audio, {"strength": 80, "reduction_limit": 20})
    wanted = expected(audio, 44100, strength=80, reduction_limit_db=20)
    assert_late(heard(command, audio, 44100, tmp_path), wanted)


def test_the_turtle_is_valid(tmp_path: Path) -> None:
    checker, standard = program("sord_validate"), Path("/usr/lib/lv2")
    specifications = [*standard.rglob("*.ttl"), *Path("/usr/share/lv2").rglob("*.ttl")]
    if not specifications:
        pytest.skip("needs the specifications of LV2 (Debian: lv2-dev)")
    told = run(checker, *specifications, *lv2_bundle().glob("*.ttl"), folder=tmp_path)
    assert re.search(r"Found 0 errors among \d+ files", told), told


@pytest.mark.parametrize("name", ["mono", "stereo"])
def test_lv2info_reads_the_table(name: str, tmp_path: Path) -> None:
    told = run(program("lv2info"), f"urn:deepdenoise:{name}", folder=tmp_path)
    symbols = lv2_symbols(name)
    assert f"Has latency:       yes, reported by port {symbols.index('latency')}" in told
    ports = {re.search(r"Symbol: +(\w+)", part)[1]: part for part in told.split("\n\tPort ")[1:]}
    assert [*ports] == symbols
    for control in CONTROLS:
        if control.name == "bypass":
            assert "Designation: http://lv2plug.in/ns/lv2core#enabled" in ports["enabled"]
        elif name == "mono" and control.name == "stereo_link":
            assert control.symbol not in ports
        else:
            numbers = re.findall(r"(?:Minimum|Maximum|Default): +(\S+)", ports[control.symbol])
            assert [float(number) for number in numbers] == [0, control.maximum, control.default]
            assert f"Name:        {control.title}\n" in ports[control.symbol]
            for value, text in enumerate(() if control.switch else control.labels):
                assert f'{value} = "{text}"' in ports[control.symbol]
    for preset in PRESETS:
        assert f" {preset.title}\n" in told


def test_models_are_listed_as_the_plugin_has_them(tmp_path: Path) -> None:
    told = run(program("lv2info"), "urn:deepdenoise:mono", folder=tmp_path)
    model = next(part for part in told.split("\n\tPort ") if "Symbol:      model" in part)
    listed = dict(re.findall(r'(\d+) = "(.*?)"', model))
    names = [name for name in DeepDenoise().parameters["model"].valid_values if name != "custom"]
    assert listed == {str(index): name for index, name in enumerate(names)}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", ["mono", "stereo"])
def test_any_blocks_at_any_rate(name: str, rate: int) -> None:
    audio = speechlike(0.3, rate, CHANNELS[name])
    plugin = Lv2(name, rate)
    plugin.activate()
    whole = plugin.process(audio, [8192])
    wanted = expected(audio, rate)
    assert plugin.values["latency"].value == wanted[1]
    assert_late(whole, wanted)
    for blocks in ([1, 64, 480, 8192], [97]):
        plugin.activate()
        np.testing.assert_array_equal(plugin.process(audio, blocks, in_place=True), whole)
    plugin.close()


def test_disabled_is_the_input_as_late() -> None:
    audio = speechlike(0.5, 16000, 2)
    plugin = Lv2("stereo", 16000, enabled=0)
    plugin.activate()
    output, latency = plugin.process(audio), int(plugin.values["latency"].value)
    np.testing.assert_array_equal(output[:, latency:], audio[:, :-latency])
    plugin.close()


def test_a_state_brings_a_model_of_ones_own(fullband_model: Path, tmp_path: Path) -> None:
    audio, file = speechlike(0.5, 16000), tmp_path / "mine é.ddn"
    file.write_bytes(modelfile.pack(fullband_model))
    stored = {MODEL_KEY: (PATH, str(file).encode() + b"\0")}
    plugin = Lv2("mono", 16000, model=1)
    assert plugin.save() == (0, IN_THE_LIST)  # a port holds the model of the list
    assert plugin.restore(stored) == 0
    plugin.activate()
    assert_late(plugin.process(audio), expected(audio, 16000, model=fullband_model))
    assert plugin.save() == (0, stored)
    for broken in (str(tmp_path / "none").encode() + b"\0", b"unfinished", b""):
        assert plugin.restore({MODEL_KEY: (PATH, broken)}) != 0
    assert plugin.restore({MODEL_KEY: (b"urn:other", stored[MODEL_KEY][1])}) != 0
    plugin.activate()
    assert_late(plugin.process(audio), expected(audio, 16000, model=fullband_model))
    assert plugin.restore({}) == 0
    plugin.close()


@pytest.mark.parametrize(("before", "after"), [(0, 0), (1, 0), (0, 1)])
def test_a_state_brings_a_model_into_a_running_instance(
    before: int, after: int, fullband_model: Path, tmp_path: Path
) -> None:
    audio, file = speechlike(0.5, 16000), tmp_path / "mine.ddn"
    file.write_bytes(modelfile.pack(fullband_model))
    stored = {MODEL_KEY: (PATH, str(file).encode() + b"\0")}
    plugin = Lv2("mono", 16000, model=before)
    plugin.activate()
    plugin.process(audio)
    assert plugin.restore(stored) == 0
    plugin.values["model"].value = after  # hosts set the ports of a preset after its state
    plugin.process(audio)
    time.sleep(0.2)  # in which a model that a port asks for is loaded
    assert plugin.save() == (0, stored)
    plugin.close()


def test_a_state_with_a_model_of_the_list_takes_it_back(fullband_model: Path, tmp_path: Path) -> None:
    audio, file = speechlike(0.5, 16000), tmp_path / "mine.ddn"
    file.write_bytes(modelfile.pack(fullband_model))
    plugin = Lv2("mono", 16000)
    before = plugin.save()[1]
    assert plugin.restore({MODEL_KEY: (PATH, str(file).encode() + b"\0")}) == 0
    plugin.activate()
    assert_late(plugin.process(audio), expected(audio, 16000, model=fullband_model))
    assert plugin.restore({}) == 0  # a preset, which has no model
    plugin.activate()
    assert_late(plugin.process(audio), expected(audio, 16000, model=fullband_model))
    assert plugin.restore(before) == 0
    plugin.activate()
    assert_late(plugin.process(audio), expected(audio, 16000))
    assert plugin.save() == (0, before)
    plugin.close()


def test_a_session_keeps_the_path_of_a_model_that_is_away(tmp_path: Path) -> None:
    stored = {MODEL_KEY: (PATH, str(tmp_path / "away.ddn").encode() + b"\0")}
    plugin = Lv2("mono", 16000)
    assert plugin.restore(stored) != 0
    assert plugin.save() == (0, stored)
    plugin.values["model"].value = 1  # as the host's session has it, after the state
    plugin.activate()
    plugin.process(speechlike(0.1, 16000))
    assert plugin.save() == (0, stored)
    plugin.values["model"].value = 2  # another one is chosen instead
    plugin.process(speechlike(0.1, 16000))
    assert plugin.save() == (0, IN_THE_LIST)
    plugin.close()


def test_without_a_map_of_uris_there_is_no_state() -> None:
    plugin = Lv2("mono", 16000, maps=False)
    assert plugin.restore({}) == 4
    plugin.activate()
    plugin.close()
    assert not Lv2("mono", 7999.0).handle
    assert not Lv2("stereo", float("nan")).handle
