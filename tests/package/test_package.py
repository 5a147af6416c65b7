"""What pip installed, and what importing it costs."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed() -> list[PurePosixPath]:
    try:
        files = metadata.files("speechenh-plugin")
    except metadata.PackageNotFoundError:
        pytest.skip("speechenh-plugin is not installed")
    assert files
    return [PurePosixPath(file) for file in files]


def test_bundle(installed: list[PurePosixPath]) -> None:
    contents = PurePosixPath("speechenh_plugin/DeepDenoise.vst3/Contents")
    parts = {file.relative_to(contents).parts for file in installed if file.is_relative_to(contents)}
    models = {("Resources", f"{path.parent.name}.ddn") for path in (ROOT / "models").glob("*/graph.json")}
    assert models | {("Resources", "moduleinfo.json")} <= parts
    machine = os.uname().machine if hasattr(os, "uname") else "x86_64"
    binary = {
        "linux": (f"{machine}-linux", "DeepDenoise.so"),
        "darwin": ("MacOS", "DeepDenoise"),
        "win32": ("x86_64-win", "DeepDenoise.vst3"),
    }[sys.platform]
    assert binary in parts
    if sys.platform == "darwin":
        assert {("Info.plist",), ("PkgInfo",)} <= parts


def test_other_plugins(installed: list[PurePosixPath]) -> None:
    names = {str(file.relative_to("speechenh_plugin")) for file in installed if file.is_relative_to("speechenh_plugin")}
    ending = {"linux": ".so", "darwin": ".dylib", "win32": ".dll"}[sys.platform]
    clap = "clap/DeepDenoise.clap" + ("/Contents/MacOS/DeepDenoise" if sys.platform == "darwin" else "")
    assert {f"ladspa/deepdenoise{ending}", f"lv2/deepdenoise.lv2/deepdenoise{ending}", clap} <= names
    assert {f"lv2/deepdenoise.lv2/{name}.ttl" for name in ("manifest", "deepdenoise", "presets")} <= names
    assert all("DeepDenoise.vst3" in name for name in names if name.endswith(".ddn"))  # one copy of the models


def test_python_parts(installed: list[PurePosixPath]) -> None:
    names = {str(file) for file in installed}
    if any(file.suffix == ".pth" for file in installed):
        pytest.skip("installed in editable mode: the Python files stay in the repository")
    for file in (ROOT / "speechenh_plugin").glob("*.py"):
        assert f"speechenh_plugin/{file.name}" in names
    assert "speechenh_plugin/py.typed" in names
    strays = ("speechenh_plugin/native", "tests", "training", "models", "examples")
    assert not [file for file in installed for stray in strays if file.is_relative_to(stray)]


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files")
def test_binaries_bring_their_cpp_runtime() -> None:
    from speechenh_plugin.engine import library_name
    from speechenh_plugin.store import bundle_path, installed

    plugins = ("ladspa/deepdenoise.so", "lv2/deepdenoise.lv2/deepdenoise.so", "clap/DeepDenoise.clap")
    bundle = bundle_path().glob("Contents/*-linux/*.so")
    for binary in (*bundle, *(installed(name) for name in (library_name(), *plugins))):
        content = binary.read_bytes()
        assert b"libstdc++.so" not in content
        assert b"libgcc_s.so" not in content


def test_version() -> None:
    import speechenh_plugin

    try:
        assert speechenh_plugin.__version__ == metadata.version("speechenh-plugin")
    except metadata.PackageNotFoundError:
        pytest.skip("speechenh-plugin is not installed")


def test_requirements_are_few() -> None:
    try:
        requirements = metadata.requires("speechenh-plugin") or []
    except metadata.PackageNotFoundError:
        pytest.skip("speechenh-plugin is not installed")
    always = {requirement for requirement in requirements if "extra ==" not in requirement}
    assert {"numpy", "pedalboard", "safetensors"} <= always
    assert not [r for r in always if r.startswith(("tensorflow", "torch", "librosa"))]


SCRIPT = """
import sys, time
import pedalboard
start = time.process_time()
from speechenh_plugin import DeepDenoise
DeepDenoise({model})
print(time.process_time() - start)
heavy = [m for m in ("tensorflow", "keras", "torch", "librosa", "scipy", "soundfile") if m in sys.modules]
assert not heavy, heavy
"""


def test_import_is_light(fullband_model: Path) -> None:
    script = SCRIPT.format(model=f"model={str(fullband_model)!r}")
    runs = [subprocess.run([sys.executable, "-c", script], capture_output=True, text=True) for _ in range(3)]
    assert all(run.returncode == 0 for run in runs), runs[0].stderr
    seconds = min(float(run.stdout) for run in runs)
    assert seconds < 0.3, f"import and first effect took {seconds:.2f} s of a core beyond pedalboard's import"
