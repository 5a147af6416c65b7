"""The worked example of ``native/README.md`` is built as it stands there, and computes what it says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engine_models import BARE
from layer_runs import close, signals

from speechenh_plugin import engine, modelfile

NATIVE = Path(__file__).parents[2] / "speechenh_plugin" / "native"


def example() -> dict[str, str]:
    """Blocks of code of the section "Add a layer", by the path that stands before each."""
    text = (NATIVE / "README.md").read_text("utf-8")
    section = text.split("\n## Add a layer\n")[1].split("\n## ")[0]
    return dict(re.findall(r"`(engine/\S+)`:\n\n```\w*\n(.*?)```\n", section, re.DOTALL))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine with the example's layer."""
    if shutil.which("cmake") is None or not (shutil.which("c++") or shutil.which("g++")):
        pytest.skip("needs CMake and a C++ compiler")
    package = tmp_path_factory.mktemp("example") / "speechenh_plugin"
    shutil.copytree(NATIVE / "engine", package / "native" / "engine")
    shutil.copy(NATIVE.parent / "constants.py", package)
    blocks = example()
    assert list(blocks) == ["engine/layers/glu.cpp", "engine/layers/registry.def"]
    (package / "native" / "engine/layers/glu.cpp").write_text(blocks["engine/layers/glu.cpp"])
    with (package / "native" / "engine/layers/registry.def").open("a") as registry:
        registry.write(blocks["engine/layers/registry.def"])
    build = package.parent / "build"
    options = {
        "CMAKE_BUILD_TYPE": "Debug",  # this and all files as one: a minute less
        "CMAKE_UNITY_BUILD": "ON",
        "CMAKE_UNITY_BUILD_BATCH_SIZE": "0",
        "CMAKE_CXX_FLAGS": "-Werror",
        "Python3_EXECUTABLE": sys.executable,
    }
    settings = [f"-D{name}={value}" for name, value in options.items()]
    subprocess.run(["cmake", "-S", package / "native" / "engine", "-B", build, *settings], check=True)
    subprocess.run(["cmake", "--build", build], check=True)
    return build / engine.library_name()


@pytest.fixture
def extended(library, monkeypatch):
    """Let the package use that engine."""
    with monkeypatch.context() as patch:
        patch.setattr(engine, "installed", lambda name: library)
        engine._library.cache_clear()
        yield
    engine._library.cache_clear()
    assert "glu" not in engine.layers()


@pytest.mark.parametrize("gate, function", [("sigmoid", lambda v: 1 / (1 + np.exp(-v))), ("tanh", np.tanh)])
def test_the_example_computes_what_it_says(extended, gate, function):
    assert "glu" in engine.layers()
    (x,) = signals((5, 12))
    close(run(x, gate=gate), x[:, :, :6] * function(x[:, :, 6:]))


@pytest.mark.parametrize("channels, attributes, reason", [
    (12, {}, "attribute gate is missing"),
    (12, {"gate": "relu"}, "gate is 'relu', not one of sigmoid, tanh"),
    (12, {"gate": "tanh", "axis": "channel"}, "attribute axis is unknown"),
    (11, {"gate": "tanh"}, "the channels cannot be halved"),
])  # fmt: skip
def test_the_example_refuses_what_is_wrong(extended, channels, attributes, reason):
    with pytest.raises(ValueError, match=f"node 'gated': {reason}"):
        run(np.zeros((2, 5, channels), np.float32), **attributes)


def run(x: np.ndarray, **attributes: str) -> np.ndarray:
    graph = {
        "format": 1,
        "name": "example",
        "front_end": BARE,
        "nodes": [
            {"name": "x", "type": "input", "inputs": [], "shape": list(x.shape[1:])},
            {"name": "gated", "type": "glu", "inputs": ["x"], **attributes},
        ],
        "outputs": {"y": "gated"},
    }
    return engine.Network(modelfile.pack_graph(graph, {})).run({"x": x})["y"]


def test_the_example_is_formatted_as_the_engine(tmp_path):
    clang_format = shutil.which("clang-format") or str(Path(sys.executable).with_name("clang-format"))
    if not Path(clang_format).exists():
        pytest.skip("needs clang-format")
    (tmp_path / ".clang-format").write_text((NATIVE / ".clang-format").read_text())
    path = tmp_path / "glu.cpp"
    path.write_text(example()["engine/layers/glu.cpp"])
    subprocess.run([clang_format, "--dry-run", "--Werror", path], check=True)
