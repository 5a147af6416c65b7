"""Threads, forks, spawned processes, data loaders and notebooks, each in a process of its own."""

import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from sounds import speechlike

from speechenh_plugin import DeepDenoise, models

pytestmark = pytest.mark.skipif(not models(), reason="no model is bundled")

HEAD = """
import numpy as np
from speechenh_plugin import DeepDenoise, Stream, denoise
audio = np.random.default_rng(0).standard_normal((2, 16000)).astype(np.float32) / 10
"""


def run(tmp_path: Path, script: str) -> None:
    file = tmp_path / "script.py"
    file.write_text(HEAD + script)
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, cwd=Path.cwd(), env=_environment())
    assert done.returncode == 0, done.stderr


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


# --- threads


def test_an_effect_is_made_on_the_main_thread(fullband_model: Path) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(RuntimeError, match=r"made on the main thread.*or use speechenh_plugin\.denoise or Stream"),
    ):
        pool.submit(DeepDenoise, model=fullband_model).result()
    audio = speechlike(0.2, 16000)
    effect = DeepDenoise(model=fullband_model)
    with ThreadPoolExecutor(1) as pool:  # one that is made may be used in any
        threaded = pool.submit(effect, audio, 16000).result()
    np.testing.assert_array_equal(threaded, effect(audio, 16000))


def test_the_first_use_in_a_thread_spoils_nothing(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(8) as pool:
    results = list(pool.map(lambda _: denoise(audio, 16000), range(64)))
    try:
        pool.submit(DeepDenoise).result()
    except RuntimeError as error:
        assert "main thread" in str(error)
    else:
        raise AssertionError
expected = DeepDenoise()(audio, 16000)
assert all(np.array_equal(result, expected) for result in results)
""",
    )


def test_plugins_first_looked_at_in_a_thread(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
from concurrent.futures import ThreadPoolExecutor
from pedalboard import VST3Plugin
from speechenh_plugin.store import bundle_path

with ThreadPoolExecutor(1) as pool:
    pool.submit(VST3Plugin.get_plugin_names_for_file, str(bundle_path())).result()
try:
    DeepDenoise()
except RuntimeError as error:
    assert "use speechenh_plugin.denoise or Stream" in str(error)
else:
    raise AssertionError
""",
    )


# --- processes

WORK = """
import multiprocessing, pickle, sys

def work(effect):
    if effect is None:
        return denoise(audio, 16000)
    return effect(audio, 16000)

if __name__ == "__main__":
    expected = denoise(audio, 16000)
    effect = DeepDenoise()
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        for result in pool.map(work, [None, effect, None, effect]):
            assert np.array_equal(result, expected)
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes(tmp_path: Path, method: str) -> None:
    """Arrays, and effects that are pickled into them."""
    run(tmp_path, WORK.format(method=method))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this platform has no fork")
def test_a_fork_while_another_thread_loads_a_model(fullband_model: Path) -> None:
    from speechenh_plugin import networks

    with networks._lock:  # as a thread that is loading does
        process = multiprocessing.get_context("fork").Process(target=networks.load, args=(fullband_model,))
        thread = threading.Thread(target=process.start)
        thread.start()
        thread.join()
    process.join(60)
    assert process.exitcode == 0
    process.close()


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_data_loader(tmp_path: Path, method: str) -> None:
    pytest.importorskip("torch")
    run(
        tmp_path,
        f"""
import torch

class Recordings(torch.utils.data.Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        return torch.from_numpy(denoise(torch.from_numpy(audio) / (index + 1), 16000))

if __name__ == "__main__":
    loader = torch.utils.data.DataLoader(
        Recordings(), batch_size=2, num_workers=2, multiprocessing_context={method!r}
    )
    batches = torch.cat(list(loader))
    assert batches.shape == (6, 2, 16000)
    assert np.array_equal(batches[0], denoise(audio, 16000))
""",
    )


# --- notebooks


def test_a_notebook() -> None:
    cells = [
        HEAD,
        "import asyncio",
        "threaded = await asyncio.gather(*[asyncio.to_thread(denoise, audio, 16000) for _ in range(4)])",
        "assert all(np.array_equal(result, DeepDenoise()(audio, 16000)) for result in threaded)",
        "stream = Stream(16000, 2)\nassert stream.process(audio).shape[1] + stream.flush().shape[1] == 16000",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": Path(__file__).parents[2]}}
    ).execute()
