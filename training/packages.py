"""Packages of which only files or networks are wanted, and librosa, which one process at a time may load."""

from __future__ import annotations

import functools
import importlib.util
import os
import tempfile
from pathlib import Path
from typing import Any

import filelock

LIBROSA_LOCK = Path(tempfile.gettempdir()) / f"librosa-{getattr(os, 'getuid', int)()}.lock"
"""Held while librosa is loaded; each user has one."""


def folder(package: str) -> Path | None:
    """Find the folder of a package, which is not imported; None if it is not installed."""
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def onnx_session(model: Path | bytes) -> Any:
    """Open a network, a file or what it holds, to run on one thread: evaluation and mixing have a process a core.

    Raises
    ------
    ModuleNotFoundError
        If ``onnxruntime`` is not installed.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options)


@functools.cache
def load_librosa() -> Any:
    """Load librosa, which takes a second, while no other process does.

    As its modules are loaded, librosa has numba compile functions and keep them on disk. What two processes compile at
    once need not fit together, and the next call of such a function ends in a segmentation fault (numba issue 10128).
    """
    with filelock.FileLock(LIBROSA_LOCK):
        import librosa

        # `librosa` alone loads nothing: these are the modules in use that have such functions.
        import librosa.core.audio
        import librosa.core.pitch
        import librosa.util.utils
    return librosa
