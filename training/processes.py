"""Processes that do not outlive the one that started them."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any


def pool(workers: int, start: Callable[..., object] | None = None, *arguments: Any) -> ProcessPoolExecutor:
    """Make a pool of processes that end with this one, and say where they die in a library's own code.

    They are spawned: fork would copy the threads of libraries that are loaded by now.

    Parameters
    ----------
    workers : int
        Processes.
    start : callable, optional
        A function of a module that each process calls first.
    *arguments
        Of `start`.
    """
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, _begin, (start, *arguments))


def end_with_parent() -> None:
    """Let this process end when its parent does, even if that is killed."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _begin(start: Callable[..., object] | None, *arguments: Any) -> None:
    end_with_parent()
    faulthandler.enable()  # Python itself tells no more than that one has died
    if start is not None:
        start(*arguments)


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
