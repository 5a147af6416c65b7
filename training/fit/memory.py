"""Memory that is kept."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
"""Parameters of mallopt(3)."""


def keep_memory() -> None:
    """Have the C library keep what is freed for the next step, instead of giving it back to the system.

    A step makes and frees the same large arrays each time. By default glibc maps each of them anew, and the system
    clears its pages; ``tests/benchmarks/bench_memory.py`` compares. Call it before they are made. Does nothing where
    there is another C library.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        # Threads share one arena: those of their own are of limited size, and large arrays would be mapped after all.
        for parameter, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1), (M_ARENA_MAX, 1)):
            mallopt(parameter, value)
