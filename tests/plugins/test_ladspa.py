"""The LADSPA plug-ins: in SoX, in FFmpeg, and in a bare host."""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

if sys.platform != "linux":
    pytest.skip("the bare host loads Linux's libraries", allow_module_level=True)

from other_hosts import HOSTS, assert_late, expected, ffmpeg_ladspa, heard, label, program, run
from port_hosts import CHANNELS, Ladspa, ladspa_descriptors, ladspa_file
from sounds import speechlike

from speechenh_plugin import DeepDenoise, modelfile, plugins
from speechenh_plugin.controls import BY_NAME
from speechenh_plugin.store import model_path

RATES = [8000, 16000, 44100, 48000, 96000, 192000]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("compensated", [False, True])
def test_sox_agrees_with_pedalboard(channels: int, compensated: bool, tmp_path) -> None:
    audio = speechlike(1, 48000, channels)
    flags = ["-l"] if compensated else []
    command = [
        program("sox"),
        "in.wav",
        "out.wav",
        "ladspa",
        *flags,
        ladspa_file(),
        f"deepdenoise_{label(audio)}",
        100,
        40,
    ]
    output, wanted = heard(command, audio, 48000, tmp_path), expected(audio, 48000)
    # SoX passes samples on as whole numbers: not bit for bit.
    if compensated:
        np.testing.assert_allclose(output, wanted[0], rtol=0, atol=2**-22)
    else:
        assert_late(output, wanted, atol=2**-22)


@pytest.mark.parametrize("channels", [1, 2])
def test_ffmpeg_agrees_with_pedalboard(channels: int, tmp_path) -> None:
    audio = speechlike(1, 44100, channels)
    command = ffmpeg_ladspa(audio, "c0=80|c1=20|c2=1")
    wanted = expected(audio, 44100, strength=80, reduction_limit_db=20, listen="removed")
    assert_late(heard(command, audio, 44100, tmp_path), wanted)


def test_a_model_of_ones_own_as_the_manual_has_it(
    fullband_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SoX with the installed file, by the lines of HOSTS.md."""
    program("sox")
    monkeypatch.setenv("HOME", str(tmp_path))
    plugins.install("ladspa", tmp_path / ".ladspa")
    (tmp_path / "mine.ddn").write_bytes(modelfile.pack(fullband_model))
    copy, sox = re.findall(r"^    ((?:cp|sox) .*)", HOSTS.read_text("utf-8"), re.M)
    audio = speechlike(1, 48000)
    output = heard(["sh", "-c", f"{copy} && {sox}"], audio, 48000, tmp_path)
    np.testing.assert_allclose(output, expected(audio, 48000, model=fullband_model)[0], rtol=0, atol=2**-22)


def test_analyseplugin_lists_the_ports(tmp_path) -> None:
    told = run(program("analyseplugin"), ladspa_file(), folder=tmp_path)
    for line in (
        '"Strength" input, control, 0 to 100, default 100',
        '"Reduction limit" input, control, 0 to 160, default 40',
        '"Listen" input, control, toggled, default 0',
        '"latency" output, control, 0 to ..., default 0, integer',
    ):
        assert told.count(line) == 2, told
    assert told.count('"Stereo link" input, control, toggled, default 1') == 1


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", ["mono", "stereo"])
def test_any_blocks_at_any_rate(name: str, rate: int) -> None:
    audio = speechlike(0.3, rate, CHANNELS[name])
    plugin = Ladspa(name, rate)
    plugin.activate()
    whole = plugin.process(audio, [8192])
    assert plugin.values["latency"].value == expected(audio, rate)[1]
    assert_late(whole, expected(audio, rate))
    for blocks in ([1, 64, 480, 8192], [97]):
        plugin.activate()
        np.testing.assert_array_equal(plugin.process(audio, blocks, in_place=True), whole)
    plugin.close()


def test_the_model_is_taken_at_activation_and_while_running() -> None:
    audio = speechlike(0.5, 16000)
    names = list_of_models()
    plugin = Ladspa("mono", 16000, model=1)
    plugin.activate()
    assert_late(plugin.process(audio), expected(audio, 16000, model=names[1]))
    plugin.values["Model"].value = 2
    plugin.process(audio[:, :64])  # asks for it
    wanted = expected(audio, 16000, model=names[2])
    tries = 0
    while True:  # it is loaded in a thread that looks a few times a second
        plugin.activate()  # the port's value is no news any more: this only clears the past
        output = plugin.process(audio)
        if np.array_equal(output[:, wanted[1] :], wanted[0][:, : -wanted[1]]):
            break
        tries += 1
        assert tries < 200, "the other model was never taken up"
    plugin.close()


def list_of_models() -> list[str]:
    """As VST3's own list has them."""
    values = DeepDenoise().parameters["model"].valid_values
    return [name for name in values if name != "custom"]


def test_values_out_of_range_are_the_nearest_in_range_and_models_the_first() -> None:
    audio = speechlike(0.3, 16000)
    audio[:, ::97] = np.nan
    plugin = Ladspa("mono", 16000, strength=1e30, reduction_limit=-5, listen=-1, model=1e30)
    plugin.activate()
    plugin.values["Strength"].value = np.nan
    given = plugin.process(audio)
    assert np.isfinite(given).all()
    audio[np.isnan(audio)] = 0
    assert_late(given, expected(audio, 16000, reduction_limit_db=0, model=list_of_models()[0]))
    plugin.close()


TRAPS = """
import ctypes
import numpy as np
from port_hosts import Ladspa

INVALID_DIVISION_OVERFLOW = 1 | 4 | 8
libm = ctypes.CDLL("libm.so.6")
audio, out = np.full((1, 4096), np.nan, np.float32), np.ones((1, 4096), np.float32)
for model in range(2):
    plugin = Ladspa("mono", 48000, model=model)
    plugin.attach(audio, out)
    libm.feenableexcept(INVALID_DIVISION_OVERFLOW)
    plugin.activate()
    plugin.run(4096)
    libm.fedisableexcept(INVALID_DIVISION_OVERFLOW)
    assert not out.any()
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors trap nothing")
def test_hosts_that_trap_floating_point_exceptions() -> None:
    path = os.pathsep.join([str(Path(__file__).parents[1] / "helpers"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, "-c", TRAPS], env={**os.environ, "PYTHONPATH": path}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_no_ports_no_sound() -> None:
    plugin = Ladspa("stereo", 16000)
    plugin.activate()
    plugin.run(100)
    plugin.close()
    assert not Ladspa("mono", 7999).handle
    assert not Ladspa("mono", 192001).handle


def test_defaults_are_the_tables() -> None:
    for descriptor in ladspa_descriptors().values():
        ranges = {descriptor.names[i].decode(): descriptor.ranges[i] for i in range(descriptor.count)}
        assert ranges["Strength"].upper == BY_NAME["strength"].default
        limit = ranges["Reduction limit"]
        assert 0.75 * limit.lower + 0.25 * limit.upper == BY_NAME["reduction_limit_db"].default
        assert limit.upper >= BY_NAME["reduction_limit_db"].maximum


def test_a_damaged_model_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "deepdenoise"
    folder.mkdir()
    shutil.copy(ladspa_file(), tmp_path)
    name = DeepDenoise().model
    shutil.copy(model_path(name), folder)
    whole = model_path(name).read_bytes()
    (folder / "a.ddn").write_bytes(whole[:4096])  # before the other by its name, with the same rank
    plugin = Ladspa("mono", 16000, tmp_path / "deepdenoise.so")
    assert plugin.handle
    plugin.activate()
    audio = speechlike(0.5, 16000)
    assert_late(plugin.process(audio), expected(audio, 16000, model=name))
    plugin.close()


@pytest.mark.parametrize(("value", "on"), [(0.0, False), (-1.0, False), (0.3, True), (1.0, True)])
def test_whatever_is_above_zero_is_on(value: float, on: bool) -> None:
    plugin = Ladspa("stereo", 16000, stereo_link=value, listen=value)
    plugin.activate()
    audio = speechlike(0.5, 16000, 2)
    wanted = expected(audio, 16000, stereo_link=on, listen="removed" if on else "result")
    assert_late(plugin.process(audio), wanted)
    plugin.close()
