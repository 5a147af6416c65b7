"""What the commands print: people read standard error; standard output is for audio, tables and JSON."""

import json
import os
import sys
import threading
from contextlib import suppress
from typing import Any, NoReturn, TextIO

import typer
from rich.console import Console
from rich.markup import escape

THREADS = "deepdenoise-"
"""How the names of threads begin that may be left behind when the command ends."""

errors = Console(stderr=True, highlight=False, soft_wrap=True)
"""Standard error."""


def printable(text: str) -> str:
    r"""Make a text of any terminal out of one that holds file names: bytes that are no characters become ``\xe9``."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # Windows' names are no bytes
        return text.encode("utf-8", "backslashreplace").decode()


def say(message: str, style: str = "") -> None:
    """Print a line for people; where they cannot be reached, nothing."""
    with suppress(OSError):
        errors.print(escape(printable(message)), style=style or None)


def complain(message: str) -> None:
    """Print what is wrong."""
    with suppress(OSError):
        errors.print(f"[red]deepdenoise:[/] {escape(printable(message))}")


def fail(message: str, status: int = 1) -> NoReturn:
    """Print what is wrong, and end."""
    complain(message)
    raise typer.Exit(status)


def print_json(data: Any) -> None:
    r"""Print one JSON document, in UTF-8; names that are none hold ``\udcXX``, as JSON escapes it."""
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    typer.echo(text.encode("utf-8", "backslashreplace"), nl=False)


def finish(status: int) -> int:
    """Bring out what is buffered, and give the exit status: standard output may turn out to be full now."""
    if sys.stdout is not None:
        try:
            sys.stdout.flush()
        except OSError as error:
            complain(f"standard output cannot be written: {error.strerror}")
            status = status or 1
            _to_nowhere(sys.stdout)
    if sys.stderr is not None:
        try:
            sys.stderr.flush()
        except OSError:
            _to_nowhere(sys.stderr)
    return status


def end_at_once(status: int) -> NoReturn:
    """End the process though a thread of it is stuck in a device or waits for a server."""
    os._exit(finish(status))


def any_thread_left() -> bool:
    """Whether a thread still runs whose name begins with `THREADS`."""
    return any(thread.name.startswith(THREADS) for thread in threading.enumerate())


def _to_nowhere(stream: TextIO) -> None:
    """Let what is still buffered go nowhere, so that the interpreter does not meet the same error in the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
