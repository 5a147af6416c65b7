"""Files and networks of packages of which no more is wanted."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any


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
