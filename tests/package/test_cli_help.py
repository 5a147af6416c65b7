"""What the command tells of itself."""

import os
import subprocess
from pathlib import Path

import pytest
from commands import DEEPDENOISE, run

from speechenh_plugin.controls import PRESETS


def test_help_tells_defaults() -> None:
    for command, default in (("denoise", "FILE_denoised"), ("batch", "one a core"), ("compare", "FILE_compare.png")):
        assert f"[default: {default}" in " ".join(run(command, "--help").output.replace("│", " ").split())


def test_help_and_version() -> None:
    for arguments in (["--help"], ["-h"], ["batch", "--help"], ["denoise", "--help"], ["vst3", "install", "--help"]):
        assert run(*arguments).exit_code == 0
    assert "batch" in run("-h").output
    assert run().exit_code == 2
    try:
        from importlib.metadata import PackageNotFoundError, version

        expected = version("speechenh-plugin")
    except PackageNotFoundError:
        pytest.skip("speechenh-plugin is not installed")
    assert run("--version").stdout.strip() == f"deepdenoise {expected}"


def test_help_fits_a_terminal_and_has_examples() -> None:
    environment = {**os.environ, "COLUMNS": "80"}
    for command in ([], ["denoise"], ["batch"], ["live"], ["models"], ["compare"]):
        done = subprocess.run(
            [*DEEPDENOISE, *command, "--help"], capture_output=True, text=True, env=environment, encoding="utf-8"
        )
        assert done.returncode == 0 and max(map(len, done.stdout.splitlines())) <= 80
        assert command or "deepdenoise batch recordings clean" in done.stdout
        told = " ".join(done.stdout.split())
        assert command not in (["denoise"], ["batch"]) or all(f"{row.name}: {row.help}" in told for row in PRESETS)


def test_a_mistyped_command_is_recognised(tmp_path: Path) -> None:
    for word, meant in (("btach", "batch"), ("modells", "models"), ("Compare", "compare")):
        result = run(word, "in", "out")
        assert result.exit_code == 2
        assert f"no command '{word}'; did you mean 'deepdenoise {meant}'?" in result.stderr
    missing = run(tmp_path / "batches.wav")  # surely a file
    assert missing.exit_code == 1 and "No such file" in missing.stderr


def test_completion_is_installed(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [*DEEPDENOISE, "--install-completion", "bash"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("deepdenoise.sh"))
    typed = {**environment, "_DEEPDENOISE_COMPLETE": "complete_bash", "COMP_WORDS": "deepdenoise ba", "COMP_CWORD": "1"}
    done = subprocess.run(DEEPDENOISE, capture_output=True, text=True, env=typed)
    assert done.stdout.split() == ["batch"]
