"""The checkers that the repository is kept clean by."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ["speechenh_plugin", "training", "tests", "examples"]
CPP = sorted(str(path) for ext in ("h", "cpp", "inl") for path in ROOT.glob(f"speechenh_plugin/native/**/*.{ext}"))

CHECKS = {
    "ruff-check": ["ruff", "check", *CODE],
    "ruff-format": ["ruff", "format", "--check", *CODE],
    "mypy": ["mypy"],
    "clang-format": ["clang-format", "--dry-run", "--Werror", *CPP],
}


@pytest.mark.parametrize("command", CHECKS.values(), ids=CHECKS.keys())
def test_style(command: list[str]) -> None:
    program = shutil.which(command[0], path=str(Path(sys.executable).parent)) or shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed; pip install '.[test]' brings it")
    run = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
