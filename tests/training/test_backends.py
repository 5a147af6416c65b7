"""The same network, features and gradients on every backend of Keras that is installed."""

import csv
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from corpora_layouts import common_voice, urbansound8k
from engine_models import random_weights
from recipes_text import tiny
from sounds import speechlike

ROOT = Path(__file__).parents[2]
HELPER = ROOT / "tests" / "helpers" / "backend_step.py"
OTHERS = [
    pytest.param(name, marks=pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"{name} is missing"))
    for name in ("jax", "torch")
]

pytest.importorskip("tensorflow")
from backend_step import RATE, every_layer  # noqa: E402


def on(backend: str, case: str, given: dict[str, np.ndarray], folder: Path) -> dict[str, np.ndarray]:
    np.savez(folder / "in.npz", **given)
    environment = {**os.environ, "KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, str(HELPER), case, str(folder / "in.npz"), str(folder / f"{backend}.npz")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(folder / f"{backend}.npz") as arrays:
        return dict(arrays)


def noisy_and_clean(seconds: float = 0.3) -> dict[str, np.ndarray]:
    clean = speechlike(seconds, RATE, channels=2)
    noise = np.random.default_rng(0).standard_normal(clean.shape).astype(np.float32)
    return {"noisy": clean + 0.05 * noise, "clean": clean}


@pytest.fixture(scope="module")
def tensorflows(tmp_path_factory: pytest.TempPathFactory):
    """What goes into each case, and what TensorFlow makes of it."""
    random = np.random.default_rng(1)
    graph = every_layer()
    weights = {name: np.abs(w) + 0.1 if "variance" in name else w for name, w in random_weights(graph).items()}
    inputs = {role: random.standard_normal((2, 20, *n.shape)).astype(np.float32) for role, n in graph.inputs.items()}
    given = noisy_and_clean() | inputs | weights
    cases = {"network": (given, on("tensorflow", "network", given, tmp_path_factory.mktemp("network")))}
    shapes = {"magnitude": (129, 1), "gains": (129, 1), "filter": (40, 6)}
    given = noisy_and_clean() | {role: random.random((2, 80, *shape), np.float32) for role, shape in shapes.items()}
    cases["features"] = given, on("tensorflow", "features", given, tmp_path_factory.mktemp("features"))
    return cases


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize("case", ["network", "features"])
def test_every_backend_computes_the_same(case: str, backend: str, tensorflows, tmp_path: Path) -> None:
    given, wanted = tensorflows[case]
    got = on(backend, case, given, tmp_path)
    assert got.keys() == wanted.keys()
    for name, values in wanted.items():
        scale = np.abs(values).max()
        assert scale > 0 or name.startswith("slope"), name
        np.testing.assert_allclose(got[name], values, rtol=0, atol=1e-3 * scale + 1e-7, err_msg=name)


@pytest.mark.parametrize("backend", OTHERS)
def test_the_command_trains(backend: str, tmp_path: Path) -> None:
    """With a loss that is computed in some steps only."""
    common_voice(tmp_path / "cv", clips=3), urbansound8k(tmp_path / "us")
    losses = "standardised_mse = { weight = 1.0, every = 2 }\ncompressed_magnitude = 0.5"
    (tmp_path / "mine.toml").write_text(tiny().replace("standardised_mse = 1.0", losses))
    environment = {**os.environ, "KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
    program = [sys.executable, HELPER.with_name("tiny_training.py"), tmp_path / "mine.toml", "--workers", "0"]
    command = [*program, "--corpora", tmp_path, "--out", tmp_path / "runs"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    with (tmp_path / "runs" / "mine" / "first" / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 and all(np.isfinite(float(value)) for row in rows for value in row.values())


def test_every_type_of_layer_takes_part() -> None:
    from training.network.layers import LAYERS

    assert {node.type for node in every_layer().nodes.values()} == {*LAYERS}
