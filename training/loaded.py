"""librosa, loaded by one process at a time: ``from training.loaded import librosa``.

As its modules are loaded, librosa has numba compile functions and keep them on disk. What two processes compile at once
need not fit together, and the next call of such a function ends in a segmentation fault (numba issue 10128).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import filelock

LOCK = Path(tempfile.gettempdir()) / f"librosa-{getattr(os, 'getuid', int)()}.lock"
"""Held while librosa is loaded; each user has one."""

with filelock.FileLock(LOCK):
    import librosa

    # `librosa` alone loads nothing: these are the modules in use that have such functions.
    import librosa.core.audio
    import librosa.core.pitch
    import librosa.util.utils

__all__ = ["LOCK", "librosa"]
