"""Interrupts that no library swallows."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ..interrupts import handled


@contextmanager
def kept() -> Iterator[Callable[[], None]]:
    """Give a function that raises KeyboardInterrupt again if there was one since.

    Where an interrupt arrives while a library calls back into Python, the library may drop it. Off the main thread, and
    where interrupts are handled or ignored already, the function does nothing.
    """
    met = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        met.set()
        signal.default_int_handler(number, frame)

    def check() -> None:
        if met.is_set():
            raise KeyboardInterrupt

    with handled(note):
        yield check
