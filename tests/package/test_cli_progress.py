"""The bar on a terminal."""

import os
import subprocess
from pathlib import Path

import pytest
import soundfile
from commands import DEEPDENOISE
from sounds import speechlike


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_progress_bar_on_a_terminal(fullband_model: Path, tmp_path: Path) -> None:
    import pty

    source = tmp_path / "a.wav"
    soundfile.write(source, speechlike(60, 48000, 2).T, 48000)
    command = [*DEEPDENOISE, str(source), "-o", str(tmp_path / "b.wav"), "--model", str(fullband_model)]
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(command, stderr=slave, stdout=subprocess.DEVNULL, cwd=tmp_path, env=environment)
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # the terminal was closed
            break
        if not part:
            break
        shown += part
    os.close(master)
    assert process.wait() == 0
    assert "━".encode() in shown and b"x real time" in shown and b"%" in shown
