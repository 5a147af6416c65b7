"""Interrupts that no library swallows, and requests to end, which do what interrupts do."""

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


@contextmanager
def terminations() -> Iterator[None]:
    """Let a request to end (SIGTERM) and a terminal that closes (SIGHUP) do what an interrupt does.

    Python would end at once, and leave unfinished files behind. What is ignored, as under nohup, stays so.
    """
    met = threading.Event()
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # as in a shell's background

    def interrupt(number: int, frame: FrameType | None) -> None:
        if met.is_set():  # a terminal may tell twice, and what cleans up goes on
            return
        met.set()
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler):
            handler(signal.SIGINT, frame)
        elif ignored:
            raise KeyboardInterrupt

    taken = []
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
        taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in taken:
            signal.signal(number, interrupt)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
