"""Files that appear under their name only when they are whole."""

import glob
import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path

from ..errors import AudioWriteError

_PARTIAL = ".deepdenoise-"
_LITTLE_SPACE = 2**20


@contextmanager
def partial_file(output: Path) -> Iterator[Path]:
    """Give a name beside the output to write to; rename it in the end, or remove it after an error."""
    unique = f"{threading.get_ident():x}{_PARTIAL}{socket.gethostname()}-{os.getpid()}"
    name = f".{output.stem[:40]}.{unique}{output.suffix}"
    partial = output.with_name(name)
    _remove_stale(output.parent.glob(f".{glob.escape(output.stem[:40])}.*{_PARTIAL}*"))
    try:
        partial.touch()
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(output)
    except AudioWriteError:
        if shutil.disk_usage(output.parent).free < _LITTLE_SPACE:  # encoders do not tell it
            raise AudioWriteError(f"{output} cannot be written: the disk is full") from None
        raise
    except OSError as error:
        raise AudioWriteError(f"{output} cannot be written: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)


def _remove_stale(paths: Iterable[Path]) -> None:
    for path in list(paths):
        host, _, process = path.stem.rpartition(_PARTIAL)[2].rpartition("-")
        if host == socket.gethostname() and process.isdecimal() and not _alive(int(process)):
            with suppress(OSError):
                path.unlink()


def remove_partial_files(folder: str | PathLike[str]) -> None:
    """Remove unfinished files below a folder that killed processes left.

    Parameters
    ----------
    folder : str or path-like
        Where they are looked for. Those that a living process still writes stay.
    """
    _remove_stale(Path(folder).rglob(f".*{_PARTIAL}*"))


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
