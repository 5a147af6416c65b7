"""Loaded models, kept for the whole process: many streams and threads share one."""

import os
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from . import modelfile, store
from .engine import Network

KEPT = 8
"""Models that stay loaded, those used last."""


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to run.

    Attributes
    ----------
    name : str
        As the model's file says.
    network : Network
    """

    name: str
    network: Network


_loaded: OrderedDict[Hashable, Loaded] = OrderedDict()
_lock = threading.Lock()


def load(model: str | PathLike[str] | None = None) -> Loaded:
    """Load a model, or give the one that is loaded already. Any thread may call it.

    Parameters
    ----------
    model : str or path-like, optional
        As of `DeepDenoise`.

    Returns
    -------
    Loaded

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    ValueError
        If it is damaged.
    """
    if model is None:
        model = store.default()
    with _lock:
        key = _key(model)
        if key not in _loaded:
            chosen = store.resolve(model)
            data = chosen if isinstance(chosen, bytes) else store.model_path(chosen or store.default()).read_bytes()
            try:
                _loaded[key] = Loaded(modelfile.read_meta(data)["name"], Network(data))
            except ValueError as error:
                raise ValueError(f"the model {str(model)!r} is not usable: {error}") from None
            if len(_loaded) > KEPT:
                _loaded.popitem(last=False)
        _loaded.move_to_end(key)
        return _loaded[key]


def _key(model: str | PathLike[str]) -> Hashable:
    """Return what changes when the model does: when and how long each of its files was written."""
    if store.is_bundled(model):
        return str(model)
    path = Path(model)
    parts = [path / name for name in ("graph.json", "weights.safetensors")] if path.is_dir() else [path]
    files = [part for part in parts if part.is_file()]
    stats = [(file.name, file.stat()) for file in files]
    return os.path.abspath(path), tuple((name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def _unlock_in_child() -> None:
    # Another thread may have held it at the fork, which the child does not have.
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_in_child)
