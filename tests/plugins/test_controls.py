"""One table of controls, from which Python and every plug-in take theirs."""

import inspect

import pytest

from speechenh_plugin import DeepDenoise
from speechenh_plugin.controls import BY_NAME, CONTROLS, MODEL_TITLE, PRESETS


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


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_presets_are_settings_of_the_class(preset) -> None:
    effect = DeepDenoise(**preset.settings)
    for name, value in preset.settings.items():
        assert getattr(effect, name) == value
    assert preset.values.keys() <= BY_NAME.keys()


def test_the_command_line_has_the_tables_ranges() -> None:
    from typing import get_args

    from speechenh_plugin.cli import options

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
    for control in CONTROLS:
        assert f'{{"{control.title}", "{control.short_title}", "{control.unit}"' in header
