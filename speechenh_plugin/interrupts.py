"""What an interrupt does while something runs."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call a function at interrupts; not off the main thread, and not where they are handled or ignored already."""
    before = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread() and before is signal.default_int_handler
    try:
        if ours:
            signal.signal(signal.SIGINT, handler)
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)
