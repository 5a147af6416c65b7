"""The notebook runs from its first cell to its last."""

import json
import os
from pathlib import Path

import pytest
import soundfile
from sounds import speechlike

from speechenh_plugin import models

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("tensorflow")

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


def test_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not models():
        pytest.skip("no model is bundled")
    speech = tmp_path / "speech"
    speech.mkdir()
    for number in range(40):
        soundfile.write(speech / f"{number}.wav", speechlike(2, 8000, seed=number)[0], 8000)
    for name, value in {"ROOT": ROOT, "SPEECH": speech, "STEPS": 2}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("audio" in output.get("data", {}).get("text/html", "") for output in outputs) == 5
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 1
    assert (tmp_path / "mine" / "weights.safetensors").exists()
    assert (tmp_path / "mine.vstpreset").read_bytes().startswith(b"VST3")


def test_notebook_is_committed_without_results() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    assert os.path.getsize(NOTEBOOK) < 20_000
