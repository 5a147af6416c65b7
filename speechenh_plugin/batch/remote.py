"""Local paths and URLs (``s3://...``) alike, for jobs on many machines; URLs go through fsspec."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def is_url(path: str) -> bool:
    """Tell a URL from a local path."""
    return "://" in path


def join(folder: str, name: str) -> str:
    """Path of a file below a folder; `name` has ``/`` between its parts."""
    return f"{folder.rstrip('/')}/{name}" if is_url(folder) else str(Path(folder, *name.split("/")))


def place(path: str) -> tuple[str, str]:
    """Tell where a path or URL leads, so that two ways of writing one place are equal: file system and whole path."""
    if not is_url(path):
        return "file", Path(path).resolve().as_posix()
    system, name = _system(path)
    protocol = system.protocol if isinstance(system.protocol, str) else system.protocol[0]
    return ("file", Path(name).resolve().as_posix()) if protocol in ("file", "local") else (protocol, name.rstrip("/"))


def find(folder: str, on_error: Callable[[OSError], None]) -> list[str]:
    """List all files below a folder.

    Parameters
    ----------
    folder : str
        Path or URL.
    on_error : callable
        Called for each local folder that cannot be read.

    Returns
    -------
    list of str
        Sorted, relative to the folder, with ``/`` between parts. Hidden files and folders are left out.
    """
    if is_url(folder):
        system, root = _system(folder)
        names = [os.path.relpath(path, root).replace(os.sep, "/") for path in system.find(root)]
    else:
        names = []
        for parent, folders, files in os.walk(folder, onerror=on_error):
            folders[:] = [name for name in folders if not name.startswith(".")]
            names += [Path(parent, file).relative_to(folder).as_posix() for file in files]
    return sorted(name for name in names if not any(part.startswith(".") for part in name.split("/")))


def state(path: str) -> str | None:
    """Size and time of change of a file, which tell whether it is the same as before; None if there is none."""
    if is_url(path):
        system, name = _system(path)
        try:
            info = system.info(name)
        except FileNotFoundError:
            return None
        changed = next((info[key] for key in ("mtime", "LastModified", "ETag", "updated") if key in info), "")
        return f"{info.get('size')} {changed}"
    try:
        status = os.stat(path)
    except OSError:
        return None
    return f"{status.st_size} {status.st_mtime_ns}"


@contextmanager
def reading(path: str) -> Iterator[str]:
    """Give a local path of a file to read: its own, or that of a copy."""
    if not is_url(path):
        yield path
        return
    system, name = _system(path)
    with tempfile.TemporaryDirectory() as folder:
        local = str(Path(folder, Path(name).name))
        system.get_file(name, local)
        yield local


@contextmanager
def writing(path: str) -> Iterator[str]:
    """Give a local path of a file to write, which comes to its place when it is complete."""
    if not is_url(path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        yield path
        return
    system, name = _system(path)
    parent = name.rpartition("/")[0]
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder, Path(name).name)
        yield str(local)
        system.makedirs(parent, exist_ok=True)
        # No reader sees a half file: object stores put files whole, and in file systems a move is one step.
        partial = f"{parent}/.{local.name}.{Path(folder).name}"
        system.put_file(str(local), partial)
        system.mv(partial, name)


def _system(url: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError:
        raise ValueError(f"{url}: reading URLs needs pip install 'speechenh-plugin[dask]'") from None
    system, path = fsspec.core.url_to_fs(url)
    return system, path
