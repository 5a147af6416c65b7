"""librosa is loaded by one process at a time, whoever needs it."""

import re
import subprocess
import sys
from pathlib import Path

import filelock

from training.packages import LIBROSA_LOCK, load_librosa

ROOT = Path(__file__).parents[2]
AT_ONCE = """
import functools, filelock
filelock.FileLock = functools.partial(filelock.FileLock, timeout=0)
import training.packages
training.packages.load_librosa()
"""


def test_a_process_waits_while_another_loads_it() -> None:
    with filelock.FileLock(LIBROSA_LOCK):
        ran = subprocess.run([sys.executable, "-c", AT_ONCE], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 1
    assert f"The file lock '{LIBROSA_LOCK}' could not be acquired" in ran.stderr


def test_loading_compiles_every_function_of_fixed_types() -> None:
    """Those in modules that nothing here uses are left to whoever uses them."""
    package = Path(load_librosa().__file__).parent
    compiling = [
        path for path in package.rglob("*.py") if re.search(r"^@(numba\.)?guvectorize", path.read_text(), re.M)
    ]
    names = {".".join(path.relative_to(package.parent).with_suffix("").parts) for path in compiling}
    assert names - set(sys.modules) <= {"librosa.beat"}
    assert names & set(sys.modules)


def test_nothing_loads_it_otherwise() -> None:
    files = [path for folder in ("training", "tests", "examples") for path in (ROOT / folder).rglob("*.py")]
    importing = re.compile(r"^\s*(import librosa|from librosa)|importorskip\(.librosa", re.M)
    assert [path.name for path in files if importing.search(path.read_text())] == ["packages.py"]
