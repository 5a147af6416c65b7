"""The plug-ins in Ardour, without a screen or a sound card: what it lists of them, and that presets load."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from other_hosts import program

from speechenh_plugin import DeepDenoise, plugins
from speechenh_plugin.controls import CONTROLS, PRESETS

SCRIPT = Path(__file__).parents[1] / "helpers" / "ardour.lua"
LIBRARIES = Path("/usr/lib/ardour7")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    """What Ardour's script printed: by plug-in and by kind of line."""
    ardour = program("ardour7-lua")
    home = tmp_path_factory.mktemp("ardour")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "home", lambda: home)
        for name in ("vst3", "lv2"):
            plugins.install(name)
    environment = {**os.environ, "HOME": str(home), "DEEPDENOISE_SESSION": str(home / "session")}
    for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "LV2_PATH"):
        environment.pop(variable, None)
    scanner = [LIBRARIES / "ardour-vst3-scanner", "-f", "-q", home / ".vst3/DeepDenoise.vst3"]
    paths = {"LD_LIBRARY_PATH": str(LIBRARIES), "ARDOUR_DLL_PATH": str(LIBRARIES)}
    paths |= {"ARDOUR_DATA_PATH": "/usr/share/ardour7", "ARDOUR_CONFIG_PATH": "/etc/ardour7"}
    subprocess.run(scanner, env={**environment, **paths}, check=True, capture_output=True)
    run = subprocess.run([ardour, SCRIPT], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert run.returncode == 0, run.stdout + run.stderr
    shutil.rmtree(home)
    lines: dict[str, dict[str, list[str]]] = {"vst3": {}, "lv2": {}}
    for line in run.stdout.splitlines():
        kind, _, rest = line.partition(" ")
        if kind in lines:
            what, _, text = rest.partition(" ")
            lines[kind].setdefault(what, []).append(text)
    return lines


def models() -> list[str]:
    return [name for name in DeepDenoise().parameters["model"].valid_values if name != "custom"]


def test_vst3_lists_every_parameter(told: dict[str, dict[str, list[str]]]) -> None:
    rows = [f"{control.title}|0|{control.maximum:g}|{control.default:g}|" for control in CONTROLS]
    # Ardour 7.3 has texts of a VST3 parameter in its sliders, and no list of them for any.
    assert told["vst3"]["control"] == [*rows, f"Model|0|{len(models())}|0|"]


def test_lv2_lists_every_control_with_its_texts(told: dict[str, dict[str, list[str]]]) -> None:
    rows = {row.partition("|")[0]: row for row in told["lv2"]["control"]}
    assert rows["Listen"] == "Listen|0|1|0|0=result,1=removed"
    texts = ",".join(sorted(f"{index}={name}" for index, name in enumerate(models())))
    assert rows["Model"] == f"Model|0|{len(models()) - 1}|0|{texts}"
    for control in CONTROLS:
        if not control.labels:
            assert rows[control.title] == f"{control.title}|0|{control.maximum:g}|{control.default:g}|"


@pytest.mark.parametrize("kind", ["vst3", "lv2"])
def test_presets_load(told: dict[str, dict[str, list[str]]], kind: str) -> None:
    assert told[kind]["preset"] == ["Podcast|true", "Strong|true", "Keep music|true"]
    limits = [float(values.split()[1]) for values in told[kind]["values"][:3]]
    by_title = {row.title: row.values["reduction_limit_db"] for row in PRESETS}
    assert limits == pytest.approx([by_title[title] for title in ("Podcast", "Strong", "Keep music")])


def test_a_model_can_be_chosen(told: dict[str, dict[str, list[str]]]) -> None:
    assert told["vst3"]["values"][-1].split()[-1] == "2"
