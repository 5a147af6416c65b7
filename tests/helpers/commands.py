"""The command line, in this process and in one of its own."""

import sys

from typer.testing import CliRunner, Result

from speechenh_plugin.cli import app

DEEPDENOISE = [sys.executable, "-m", "speechenh_plugin"]


def run(*arguments: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])
