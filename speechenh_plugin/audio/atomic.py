"""Files that appear under their name only when they are whole."""

import functools
import hashlib
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path

from ..errors import AudioWriteError
from .source import printable

_PARTIAL = ".deepdenoise-"
_FORGOTTEN = 86400
"""Seconds after which nobody writes a file any more."""


@contextmanager
def partial_file(output: Path) -> Iterator[Path]:
    """Give a name beside the output to write to; rename it in the end, or remove it after an error."""
    unique = _unique(threading.get_ident())
    name = f".{output.stem[:40]}.{unique}{output.suffix}"
    label = printable(str(output))
    try:
        output = output.resolve() if output.is_symlink() else output
    except (OSError, RuntimeError) as error:  # a link that leads back to itself
        raise AudioWriteError(f"{label} cannot be written: {error}") from None
    partial = output.with_name(name)
    _sweep(str(output.parent))
    try:
        partial.touch()
        if output.exists():
            shutil.copymode(output, partial)
    except OSError as error:
        raise AudioWriteError(f"{label} cannot be written: {error.strerror or error}") from None
    try:
        yield partial
        try:
            with partial.open("r+b") as file:  # Windows flushes what may be written only
                os.fsync(file.fileno())
            partial.replace(output)
        except OSError as error:
            raise AudioWriteError(f"{label} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):  # a place that is gone or read-only by now
            partial.unlink(missing_ok=True)


def remove_partial_files(folder: str | PathLike[str]) -> None:
    """Remove unfinished files below a folder that killed processes left.

    Parameters
    ----------
    folder : str or path-like
        Where they are looked for. Those that a living process still writes stay.
    """
    _remove_stale(Path(folder).rglob(f".*{_PARTIAL}*"))


def remove_partial_files_of(thread: int, folder: str | PathLike[str]) -> None:
    """Remove the unfinished files of a thread of this process that will not end in time.

    Parameters
    ----------
    thread : int
        Its identifier.
    folder : str or path-like
        Where it writes.
    """
    with suppress(OSError):
        for path in Path(folder).glob(f".*{_unique(thread)}*"):
            path.unlink(missing_ok=True)


def _unique(thread: int) -> str:
    """Name whose a partial file is."""
    return f"{thread:x}{_PARTIAL}{socket.gethostname()}-{_system()}-{os.getpid()}"


@functools.cache
def _system() -> str:
    """Name the system within which the numbers of processes mean something: a start of a machine, or a container."""
    parts = []
    with suppress(OSError):  # Linux's
        parts = [Path("/proc/sys/kernel/random/boot_id").read_text(), str(os.stat("/proc/self/ns/pid").st_ino)]
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:8]


@functools.lru_cache(maxsize=4096)
def _sweep(folder: str) -> None:
    """Remove what killed processes left in a folder: once, as a folder may hold many files."""
    _remove_stale(Path(folder).glob(f".*{_PARTIAL}*"))


def _remove_stale(paths: Iterable[Path]) -> None:
    with suppress(OSError):
        for path in list(paths):
            start, _, process = path.stem.rpartition(_PARTIAL)[2].rpartition("-")
            host, _, system = start.rpartition("-")
            same = system == _system()
            if host != socket.gethostname() or not process.isdecimal() or (same and int(process) == os.getpid()):
                continue
            with suppress(OSError):
                left = not _alive(int(process)) if same else time.time() - path.stat().st_mtime > _FORGOTTEN
                if left:
                    path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    if sys.platform == "win32":  # which lets nobody remove a file that is open
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
