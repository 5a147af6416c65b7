"""Where a package's files are, for those of which only the files are wanted."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def folder(package: str) -> Path | None:
    """Find the folder of a package, which is not imported; None if it is not installed."""
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent
