"""One table of controls, from which Python and every plug-in take theirs."""

import inspect

import numpy as np
import pytest
from commands import run

from speechenh_plugin import DeepDenoise, denoise
from speechenh_plugin.controls import BY_NAME, CONTROLS, MODEL_TITLE, PRESETS, Control
from speechenh_plugin.processing import Processing


def test_the_table() -> None:
    assert len(BY_NAME) == len(CONTROLS)
    for control in CONTROLS:
        assert 0 <= control.default <= control.maximum
        assert bool(control.unit) != bool(control.labels)
        assert not control.labels or control.maximum == len(control.labels) - 1
        assert control.name == control.symbol + ("_db" if control.unit == "dB" else "")


def test_texts() -> None:
    assert BY_NAME["strength"].text(80) == "80.0 %"
    assert BY_NAME["reduction_limit_db"].text(24) == "24.0 dB"
    assert (BY_NAME["listen"].text(1), BY_NAME["stereo_link"].text(0)) == ("removed", "off")


def test_pedalboard_sees_the_table() -> None:
    effect = DeepDenoise()
    parameters = effect.parameters
    assert list(parameters) == [*(control.name for control in CONTROLS), MODEL_TITLE.lower()]
    for control in CONTROLS:
        parameter = parameters[control.name]
        assert parameter.name == control.title
        for value in (control.default, 0, control.maximum):
            parameter.raw_value = value / control.maximum
            assert parameter.string_value == control.text(value)


def test_the_class_has_the_tables_defaults() -> None:
    given = {
        name: parameter.default
        for name, parameter in inspect.signature(DeepDenoise).parameters.items()
        if name in BY_NAME
    }
    assert given["reduction_limit_db"] == BY_NAME["reduction_limit_db"].default
    effect = DeepDenoise()
    for control in CONTROLS:
        default = control.python(control.default)
        assert given.get(control.name, default) == getattr(effect, control.name) == default


def test_ids_stay() -> None:
    """Hosts' sessions hold them: a new control is a further row, and none moves."""
    ids = ["strength", "reduction_limit_db", "stereo_link", "listen", "bypass"]
    assert [control.name for control in CONTROLS][: len(ids)] == ids


@pytest.mark.parametrize("control", [control for control in CONTROLS if control.name != "bypass"], ids=lambda c: c.name)
def test_every_way_in_python_knows_every_control(control: Control) -> None:
    other = {control.name: control.python(0 if control.default else control.maximum)}
    audio = np.random.default_rng(0).normal(0, [[0.1], [0.01]], (2, 8000)).astype(np.float32)
    made = denoise(audio, 16000, **other)
    assert np.array_equal(DeepDenoise(**other)(audio, 16000), made)
    assert not np.array_equal(denoise(audio, 16000), made)
    assert Processing(other).identity() != Processing().identity()


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_presets_are_settings_of_the_class(preset) -> None:
    effect = DeepDenoise(**preset.settings)
    for name, value in preset.settings.items():
        assert getattr(effect, name) == value
    assert preset.values.keys() <= BY_NAME.keys()


def test_the_command_line_has_the_tables_ranges() -> None:
    from typing import get_args

    from speechenh_plugin.cli import options

    for command, without in (("denoise", ()), ("batch", ()), ("compare", ()), ("live", ("stereo_link",))):
        told = run(command, "--help").stdout
        for control in CONTROLS:
            if control.name not in ("bypass", *without):
                assert f"--{control.symbol.replace('_', '-')} " in told, (command, control.name)
    given = {
        "strength": options.Strength,
        "reduction_limit_db": options.ReductionLimit,
        "stereo_link": options.StereoLink,
        "listen": options.Listen,
    }
    assert given.keys() == BY_NAME.keys() - {"bypass"}  # that is a host's switch
    for name, annotated in given.items():
        control, (kind, option) = BY_NAME[name], get_args(annotated)
        if control.unit:
            assert (option.min, option.max) == (0, control.maximum)
        elif not control.switch:
            assert get_args(get_args(kind)[0]) == control.labels
        assert control.help in option.help


def test_every_plugin_is_made_from_the_table() -> None:
    """The header that the plug-ins are compiled with; what hosts see of them is compared in the tests of each."""
    import runpy
    from pathlib import Path

    package = Path(__file__).parents[2] / "speechenh_plugin"
    header = runpy.run_path(str(package / "native/shell/controls_header.py"))["header"](str(package / "controls.py"))
    ports = runpy.run_path(str(package / "native/lv2/turtle.py"))["PORTS"]
    assert {*ports} == {*(control.symbol for control in CONTROLS), "model"} - {"bypass"}  # LV2 has a port for that
    for control in CONTROLS:
        assert f'{{"{control.title}", "{control.short_title}", "{control.unit}"' in header
