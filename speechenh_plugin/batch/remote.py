"""Files and folders of any file system that fsspec knows: local paths and URLs (``s3://...``) alike."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import fsspec
from fsspec.implementations.local import LocalFileSystem

_URL = re.compile(r"[A-Za-z][\w+.-]*(::[\w+.-]+)*://")
_CHANGED = (
    "mtime", "ETag", "LastModified", "last_modified", "updated", "modified", "modify", "modificationTime", "created",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A file or folder in a folder.

    Attributes
    ----------
    name : str
        Without its folder.
    kind : {"file", "folder", "other"}
        What it is, or what a link leads to; a link that leads nowhere is a file, which then cannot be read.
    link : bool
        Whether it is a symbolic link.
    state : str
        See `state`.
    """

    name: str
    kind: Literal["file", "folder", "other"]
    link: bool
    state: str


def is_url(path: str) -> bool:
    """Tell a URL from a local path."""
    return _URL.match(path) is not None


def locate(path: str) -> tuple[Any, str]:
    """Give the file system of a path or URL, and the path in it.

    Raises
    ------
    ValueError
        If the URL is of a kind that is not known, or whose package is not installed.
    OSError
        If its file system cannot be reached.
    """
    if not is_url(path):
        return LocalFileSystem(), Path(os.path.abspath(path)).as_posix()
    try:
        system, inside = fsspec.core.url_to_fs(path)
    except ImportError as error:
        raise ValueError(f"{path} cannot be opened: {error}") from None
    except ValueError as error:
        raise ValueError(f"{path} cannot be opened: {error}") from None
    except Exception as error:
        raise _unreachable(path, error) from error
    return system, inside


def is_local(path: str) -> bool:
    """Tell whether a path or URL leads to this machine's files."""
    return isinstance(locate(path)[0], LocalFileSystem)


def join(folder: str, name: str) -> str:
    """Path of a file below a folder; `name` has ``/`` between its parts."""
    return f"{folder.rstrip('/')}/{name}" if is_url(folder) else str(Path(folder, *name.split("/")))


def place(path: str) -> tuple[str, str]:
    """Tell where a path or URL leads, so that two ways of writing one place are equal: file system and whole path."""
    system, inside = locate(path)
    if isinstance(system, LocalFileSystem):
        return "file", Path(os.path.realpath(inside)).as_posix()
    return (system.protocol if isinstance(system.protocol, str) else system.protocol[0]), inside.rstrip("/")


def kind(path: str) -> Literal["file", "folder", "other"] | None:
    """Tell what a path or URL leads to; None if there is nothing."""
    info = _info(path)
    return None if info is None else _kind(info)


def state(path: str) -> str | None:
    """Size and time of change of a file, which tell whether it is the same as before; None if there is none."""
    info = _info(path)
    return None if info is None else _state(info)


def forget(path: str) -> None:
    """Forget what was listed earlier of a file system that keeps it."""
    locate(path)[0].invalidate_cache()


def entries(folder: str) -> list[Entry]:
    """List a folder.

    Returns
    -------
    list of Entry
        By name.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    system, inside = locate(folder)
    found = []
    for info in _call(folder, system.ls, inside, detail=True):
        name = info["name"].rstrip("/").rpartition("/")[2]
        if info["name"].rstrip("/") == inside.rstrip("/"):  # object stores may list the folder itself
            continue
        link = bool(info.get("islink"))
        if link:
            try:
                info = system.info(info["name"])
            except OSError:
                info = {**info, "type": "file"}
        found.append(Entry(name, _kind(info), link, _state(info)))
    return sorted(found, key=lambda entry: entry.name)


def states(folder: str) -> dict[str, str]:
    """Give the state of each file in a folder by its name; nothing where there is no such folder."""
    try:
        return {entry.name: entry.state for entry in entries(folder) if entry.kind != "folder"}
    except (FileNotFoundError, NotADirectoryError):
        return {}


def make_folder(path: str) -> None:
    """Make a folder and those above it, where they are missing."""
    system, inside = locate(path)
    _call(path, system.makedirs, inside, exist_ok=True)


@contextmanager
def reading(path: str) -> Iterator[str]:
    """Give a local path of a file to read: its own, or that of a copy."""
    system, inside = locate(path)
    if isinstance(system, LocalFileSystem):
        yield inside if is_url(path) else path
        return
    with tempfile.TemporaryDirectory() as folder:
        local = str(Path(folder, Path(inside).name))
        _call(path, system.get_file, inside, local)
        yield local


@contextmanager
def writing(path: str) -> Iterator[str]:
    """Give a local path of a file to write, which comes to its place when it is complete."""
    system, inside = locate(path)
    parent = inside.rpartition("/")[0]
    if isinstance(system, LocalFileSystem):
        os.makedirs(parent or "/", exist_ok=True)
        yield inside if is_url(path) else path
        return
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder, Path(inside).name)
        yield str(local)
        _call(path, system.makedirs, parent, exist_ok=True)
        # No reader sees a half file: object stores put files whole, and in file systems a move is one step.
        partial = f"{parent}/.{local.name}.{Path(folder).name}"
        try:
            _call(path, system.put_file, str(local), partial)
            _call(path, _move, system, partial, inside)
        except BaseException:
            with suppress(OSError):
                _call(path, system.rm_file, partial)
            raise


def _move(system: Any, source: str, target: str) -> None:
    if type(system).mv is not fsspec.AbstractFileSystem.mv:
        system.mv(source, target)
        return
    # fsspec's own takes brackets and question marks in names for patterns.
    system.cp_file(source, target)
    system.rm_file(source)


def _info(path: str) -> dict[str, Any] | None:
    system, inside = locate(path)
    try:
        info: dict[str, Any] = _call(path, system.info, inside)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return info


def _kind(info: dict[str, Any]) -> Literal["file", "folder", "other"]:
    kinds: dict[str, Literal["file", "folder"]] = {"directory": "folder", "file": "file"}
    return kinds.get(info["type"], "other")


def _state(info: dict[str, Any]) -> str:
    changed = next((info[key] for key in _CHANGED if key in info), "")
    if isinstance(changed, datetime):  # one file system gives both, depending on whether a file or a folder is asked
        changed = changed.timestamp()
    return f"{info.get('size')} {changed}"


def _call(path: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call a file system; clients of remote ones raise errors of many classes, which become an OSError."""
    try:
        return function(*arguments, **options)
    except OSError:
        raise
    except Exception as error:
        raise _unreachable(path, error) from error


def _unreachable(path: str, error: Exception) -> OSError:
    return OSError(None, f"cannot be reached: {error or type(error).__name__}", path)
