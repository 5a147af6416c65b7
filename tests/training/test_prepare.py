"""Recordings prepared by several processes."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from training.audio import write_flac
from training.data.corpora import CorpusSpec
from training.data.prepare import prepared

SLOW = """
import os, time
from training.data import prepare
def tell(number):
    print(os.getpid(), flush=True)
    time.sleep(600)
if __name__ == "__main__":
    list(prepare._map(tell, range(16), 2))
"""


def test_several_processes_prepare_what_one_does(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    (tmp_path / "speech").mkdir()
    for n in range(3):
        write_flac(tmp_path / "speech" / f"{n}.flac", 0.1 * random.standard_normal(16000).astype(np.float32), 16000)
    spec = CorpusSpec(name="mine", role="speech", kind="folder", path=str(tmp_path / "speech"), prepare=("decoded",))
    made = [Path(prepared(spec, tmp_path / str(workers), workers).path) for workers in (1, 2)]
    one, two = ({file.name: file.read_bytes() for file in folder.iterdir()} for folder in made)
    assert one == two and len(one) == 4


@pytest.mark.parametrize("ready", [False, True])
def test_a_speaker_is_found_in_names_of_copies_as_in_those_of_sources(ready: bool, tmp_path: Path) -> None:
    (tmp_path / "speech").mkdir()
    for name in ("1_anna", "2_anna", "3_ben"):
        soundfile.write(tmp_path / "speech" / f"{name}.wav", 0.1 * np.ones(1600), 16000)
    spec = CorpusSpec(name="mine", role="speech", path=str(tmp_path / "speech"), prepare=("decoded",))
    if ready:
        prepared(spec, tmp_path / "out")
    prepared(replace(spec, speaker="_(.*)\\."), tmp_path / "out")
    with pytest.raises(ValueError, match=r"mine: speaker .* matches 1_anna\.wav, but not its copy 1_anna\.flac: write"):
        prepared(replace(spec, speaker="_(.*)\\.wav"), tmp_path / "out")


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    parent = subprocess.Popen([sys.executable, str(tmp_path / "slow.py")], env=environment, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    children = {int(parent.stdout.readline()) for _ in range(2)}
    assert len(children) == 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    patience = time.monotonic() + 30
    while (left := [pid for pid in children if running(pid)]) and time.monotonic() < patience:
        time.sleep(0.1)
    assert not left


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
