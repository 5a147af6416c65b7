"""Every loss and its slopes are the same on each backend of Keras that is installed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
BACKENDS = [name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name)]


def run(backend: str, out: Path) -> dict[str, np.ndarray]:
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests" / "helpers")))
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": paths, "JAX_PLATFORMS": "cpu"}
    script = ROOT / "tests" / "helpers" / "losses_on_backend.py"
    subprocess.run([sys.executable, script, out], env=environment, check=True)
    with np.load(out) as found:
        return dict(found)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return run(BACKENDS[0], tmp_path_factory.mktemp("losses") / "reference.npz")


@pytest.mark.skipif(len(BACKENDS) < 2, reason="one backend is installed")
@pytest.mark.parametrize("backend", BACKENDS[1:])
def test_losses_and_slopes_are_the_same(backend: str, reference: dict[str, np.ndarray], tmp_path: Path) -> None:
    found = run(backend, tmp_path / "found.npz")
    assert found.keys() == reference.keys()
    for name, wanted in reference.items():
        got = found[name]
        assert np.isfinite(got).all(), name
        # DNSMOS takes logarithms of small sums, which float32 rounds in each backend's own order.
        bound = 2e-2 if "opinion" in name else 1e-3
        assert np.linalg.norm((got - wanted).ravel()) <= bound * np.linalg.norm(wanted.ravel()) + 1e-9, name
