"""The worked example of ``native/README.md`` is built as it stands there: its engine and its Keras compute the same."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NATIVE = ROOT / "speechenh_plugin" / "native"
CPP, REGISTRY = "engine/layers/glu.cpp", "engine/layers/registry.def"
PYTHON, NAMES = "training/network/layers/glu.py", "training/network/layers/__init__.py"

# What somebody does with the new layer, in a process of its own: one has one engine, and one list of layers.
USE = """
import sys
from pathlib import Path

import numpy as np

from speechenh_plugin import engine, modelfile

engine.installed = lambda name: Path(sys.argv[1]) / name

from training.export import check
from training.network.graph import Graph, GraphError
from training.network.keras_build import build
from training.network.layers import LAYERS

assert {*LAYERS} - {"batch_norm"} == {*engine.layers()} >= {"glu"}
for gate, function in ("sigmoid", lambda v: 1 / (1 + np.exp(-v))), ("tanh", np.tanh):
    graph = Graph("example", {"kind": "none"})
    graph.output("y", graph.glu(graph.input("x", 5, 12), gate=gate, name="gated"))
    assert graph.nodes["gated"].shape == (5, 6)
    assert check(build(graph), graph.to_json(), {}) < 1e-6
    x = np.random.default_rng(0).standard_normal((9, 5, 12))
    y = engine.Network(modelfile.pack_graph(graph.to_json(), {})).run({"x": x})["y"]
    np.testing.assert_allclose(y, x[:, :, :6] * function(x[:, :, 6:]), atol=1e-6)

for channels, attributes, reason in (
    (12, {}, "attribute gate is missing"),
    (12, {"gate": "relu"}, "gate is 'relu', not one of sigmoid, tanh"),
    (12, {"gate": "tanh", "axis": "channel"}, "attribute axis is unknown"),
    (11, {"gate": "tanh"}, "the channels cannot be halved"),
):
    graph = Graph("wrong", {"kind": "none"})
    graph.output("y", graph.input("x", 5, channels))
    declared = graph.to_json()
    declared["nodes"].append({"name": "gated", "type": "glu", "inputs": ["x"], **attributes})
    try:
        engine.Network(modelfile.pack_graph(declared, {}))
        raise SystemExit(f"{attributes} are taken")
    except ValueError as error:
        assert f"node 'gated': {reason}" in str(error), error
    try:
        graph.add("glu", "x", "gated", **attributes)
        raise SystemExit(f"{attributes} are taken by Python")
    except GraphError:
        pass
"""


def example() -> dict[str, str]:
    """Blocks of code of the section "Add a layer", by the path that stands before each."""
    text = (NATIVE / "README.md").read_text("utf-8")
    section = text.split("\n## Add a layer\n")[1].split("\n## ")[0]
    return dict(re.findall(r"`(\w+/\S+)`[^`\n]*(?:`\w+`)?:\n\n```\w*\n(.*?)```\n", section, re.DOTALL))


@pytest.mark.skipif(shutil.which("cmake") is None or sys.platform == "win32", reason="needs CMake and a C++ compiler")
def test_engine_and_keras_compute_the_same(tmp_path):
    blocks = example()
    assert list(blocks) == [CPP, REGISTRY, PYTHON, NAMES]
    native = tmp_path / "speechenh_plugin" / "native"
    shutil.copytree(NATIVE / "engine", native / "engine")
    shutil.copy(NATIVE.parent / "constants.py", native.parent)
    shutil.copytree(ROOT / "training", tmp_path / "python" / "training")
    (native / CPP).write_text(blocks[CPP])
    with (native / REGISTRY).open("a") as registry:
        registry.write(blocks[REGISTRY])
    (tmp_path / "python" / PYTHON).write_text(blocks[PYTHON])
    names = tmp_path / "python" / NAMES
    names.write_text(names.read_text().replace("NAMES = (\n", f"NAMES = (\n{blocks[NAMES]}", 1))

    options = {
        "CMAKE_BUILD_TYPE": "Debug",  # this and all files as one: a minute less
        "CMAKE_UNITY_BUILD": "ON",
        "CMAKE_UNITY_BUILD_BATCH_SIZE": "0",
        "CMAKE_CXX_FLAGS": "-Werror",
        "Python3_EXECUTABLE": sys.executable,
    }
    settings = [f"-D{name}={value}" for name, value in options.items()]
    subprocess.run(["cmake", "-S", native / "engine", "-B", tmp_path / "build", *settings], check=True)
    subprocess.run(["cmake", "--build", tmp_path / "build"], check=True)
    code = f"import sys; sys.path[:0] = {[str(tmp_path / 'python'), str(ROOT)]!r}\n{USE}"
    subprocess.run([sys.executable, "-c", code, tmp_path / "build"], check=True, cwd=tmp_path)


@pytest.mark.parametrize("path", [CPP, PYTHON])
def test_the_example_is_in_the_house_style(tmp_path, path):
    tool = "clang-format" if path == CPP else "ruff"
    command = shutil.which(tool) or str(Path(sys.executable).with_name(tool))
    if not Path(command).exists():
        pytest.skip(f"needs {tool}")
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(example()[path])
    if path == CPP:
        shutil.copy(NATIVE / ".clang-format", tmp_path)
        subprocess.run([command, "--dry-run", "--Werror", file], check=True)
    else:
        shutil.copy(ROOT / "pyproject.toml", tmp_path)
        subprocess.run([command, "check", file], check=True, cwd=tmp_path)
        subprocess.run([command, "format", "--check", file], check=True, cwd=tmp_path)
