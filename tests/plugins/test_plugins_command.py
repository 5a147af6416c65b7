"""``deepdenoise plugins``: each plug-in where hosts look, with its models, and away again."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sounds import speechlike
from typer.testing import CliRunner

from speechenh_plugin import DeepDenoise, plugins, preset
from speechenh_plugin.cli import app
from speechenh_plugin.controls import CONTROLS, PRESETS

NAMES = [*plugins.FORMATS]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "home/AppData/Local"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "home/AppData/Roaming"))
    return tmp_path / "home"


def run(*arguments: object, status: int = 0) -> str:
    done = CliRunner().invoke(app, ["plugins", *map(str, arguments)])
    assert done.exit_code == status, done.output
    return done.stdout if status == 0 else done.stderr


def files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize("name", NAMES)
def test_path_is_the_packages(name: str) -> None:
    path = Path(run("path", name).strip())
    assert path.exists()
    assert f"{name}: {path}\n" in run("path")


@pytest.mark.parametrize("name", NAMES)
def test_install_and_uninstall(name: str, home: Path) -> None:
    target = plugins.user_folder(name) / Path(plugins.FORMATS[name].file).name
    for _ in range(2):  # the second replaces the first
        assert f"installed {target}; " in run("install", name)
        assert target.exists()
        assert not [path for path in home.rglob("*") if path.name.endswith((".new", ".old"))]
    models = {path.name for path in (plugins.packaged("vst3") / "Contents/Resources").glob("*.ddn")}
    assert {path.name for path in home.rglob("*.ddn")} == models
    assert f"removed {target}" in run("uninstall", name)
    assert not files(home)
    assert f"there is no {target}" in " ".join(run("uninstall", name, status=1).split())


def test_all_at_once(home: Path) -> None:
    told = run("install")
    assert [line.partition(":")[0].lower() for line in told.splitlines()] == plugins.defaults()
    run("uninstall")
    assert not files(home)
    assert "no plug-in is installed" in run("uninstall", status=1)


def test_models_are_shared_with_the_package(home: Path) -> None:
    if os.stat(plugins.packaged("vst3")).st_dev != os.stat(home.parent).st_dev:
        pytest.skip("the temporary folder lies on another disk")
    run("install")
    for path in home.rglob("*.ddn"):
        assert path.samefile(plugins.packaged("vst3") / "Contents/Resources" / path.name)


@pytest.mark.parametrize(("name", "folder"), [("clap", "DeepDenoise"), ("ladspa", "deepdenoise")])
def test_a_folder_of_someone_else_stays(name: str, folder: str, tmp_path: Path) -> None:
    theirs = tmp_path / folder / "thesis.txt"
    theirs.parent.mkdir()
    theirs.write_text("mine")
    assert "holds files that are not the plug-in's" in " ".join(
        run("install", name, "--to", str(tmp_path), status=1).split()
    )
    assert files(tmp_path) == {theirs.relative_to(tmp_path)}
    theirs.rename(tmp_path / "thesis.txt")
    run("install", name, "--to", str(tmp_path))
    (tmp_path / "thesis.txt").rename(theirs)
    run("uninstall", name, "--to", str(tmp_path), status=1)
    assert theirs.read_text() == "mine"


@pytest.mark.parametrize("name", NAMES)
def test_a_model_of_the_users_own_stays(name: str, home: Path) -> None:
    run("install", name)
    whole = files(home)
    (bundled,) = home.rglob("cr_ced.ddn")
    mine = bundled.with_name("mine.ddn")
    mine.write_bytes(b"mine")
    title = plugins.FORMATS[name].title
    told = run("install", name)
    assert files(home) == {*whole, mine.relative_to(home)} and mine.read_bytes() == b"mine"
    assert f"{title}: kept {mine}, " in told
    told = run("uninstall", name)
    assert files(home) == {mine.relative_to(home)} and mine.read_bytes() == b"mine"
    assert f"{title}: kept {mine}, " in told
    assert "there is no " in run("uninstall", name, status=1)
    run("install", name)
    assert files(home) == {*whole, mine.relative_to(home)} and mine.read_bytes() == b"mine"


def test_another_folder(tmp_path: Path, home: Path) -> None:
    run("install", "lv2", "--to", tmp_path / "else where")
    assert (tmp_path / "else where/deepdenoise.lv2/manifest.ttl").exists()
    assert not home.exists()
    run("uninstall", "lv2", "--to", tmp_path / "else where")
    assert not files(tmp_path)
    assert "--to needs to know which plug-in" in run("install", "--to", tmp_path, status=2)


def test_presets_are_for_vst3_hosts_and_pedalboard(home: Path) -> None:
    run("install", "vst3")
    folder = plugins.preset_folder()
    own = folder / "Mine.vstpreset"
    own.write_bytes(b"mine")
    run("install", "vst3")
    assert {path.stem for path in folder.iterdir()} == {"Mine", *(row.title for row in PRESETS)}
    effect = DeepDenoise(model="cr_ced")
    for row in PRESETS:
        effect.load_preset(str(folder / f"{row.title}.vstpreset"))
        assert {name: getattr(effect, name) for name in row.settings} == row.settings
        assert effect.model == "cr_ced"  # a preset keeps it
        values = preset.unpack_preset((folder / f"{row.title}.vstpreset").read_bytes()).values
        assert values == {id: row.values.get(c.name, c.default) for id, c in enumerate(CONTROLS)}
    run("uninstall", "vst3")
    assert own.read_bytes() == b"mine"


def test_what_fails_leaves_what_was(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("install", "ladspa")
    before = {path: (home / path).stat().st_ino for path in files(home)}

    def full(source: str, target: str) -> None:
        if target.endswith("fullband.ddn"):
            raise OSError(28, "No space left on device", target)
        Path(target).touch()

    monkeypatch.setattr(plugins, "_link", full)
    assert "No space left on device" in run("install", "ladspa", status=1)
    assert {path: (home / path).stat().st_ino for path in files(home)} == before


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux", [".vst3", ".lv2", ".ladspa", ".clap"]),
        ("darwin", [f"Library/Audio/Plug-Ins/{name}" for name in ("VST3", "LV2", "LADSPA", "CLAP")]),
        (
            "win32",
            [
                f"AppData/{name}"
                for name in (
                    "Local/Programs/Common/VST3",
                    "Roaming/LV2",
                    "Roaming/LADSPA",
                    "Local/Programs/Common/CLAP",
                )
            ],
        ),
    ],
)
def test_folders(home: Path, monkeypatch: pytest.MonkeyPatch, platform: str, expected: list[str]) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert [plugins.user_folder(name) for name in NAMES] == [home / folder for folder in expected]
    assert ("ladspa" in plugins.defaults()) == (platform == "linux")


@pytest.mark.skipif(sys.platform != "linux", reason="the bare hosts load Linux's libraries")
@pytest.mark.parametrize("name", ["ladspa", "lv2", "clap"])
def test_an_installed_plugin_finds_its_models(name: str, home: Path) -> None:
    """In a process of its own, where nothing of the package's is loaded."""
    run("install", name)
    audio = speechlike(0.3, 16000)
    script = (
        f"""
import sys, numpy as np, port_hosts, clap_host
from pathlib import Path
from speechenh_plugin import store
home = Path({str(home)!r})
store.installed = lambda name: home / ("." + name.partition("/")[0]) / name.partition("/")[2]
port_hosts.installed = clap_host.installed = store.installed
plugin = port_hosts.Ladspa("mono", 16000) if {name!r} == "ladspa" else port_hosts.Lv2("mono", 16000)
"""
        if name != "clap"
        else f"""
import numpy as np, clap_host
from pathlib import Path
clap_host.installed = lambda name: Path({str(home)!r}) / ".clap" / "DeepDenoise.clap"
plugin = clap_host.Plugin()
assert plugin.select(1)
"""
    )
    start = "plugin.activate(16000)" if name == "clap" else "plugin.activate()"
    script += f"""
assert {start} is not False
np.save({str(home / "out.npy")!r}, plugin.process(np.load({str(home / "in.npy")!r})))
"""
    np.save(home / "in.npy", audio)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "tests/helpers")])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    effect = DeepDenoise()
    wanted = effect(audio, 16000)
    latency = effect.reported_latency_samples
    np.testing.assert_array_equal(np.load(home / "out.npy")[:, latency:], wanted[:, :-latency])
