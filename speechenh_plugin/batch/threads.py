"""The jobs of a batch in threads of this process, which an interrupt ends within a second."""

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ..audio.atomic import remove_partial_files_of
from ..interrupts import handled
from ..processing import Processor
from . import remote
from .job import Job, Outcome, Watch, run
from .record import Record

NAME = "deepdenoise-batch"
"""Name of each thread."""

_PATIENCE = 0.5
"""Seconds that threads have to end after an interrupt; each stops at its next block."""


def work(
    jobs: list[Job],
    processors: list[Processor],
    record: Record,
    tell: Callable[[Outcome], None],
    watch: Watch | None = None,
) -> None:
    """Do jobs, as many at once as there are processors: neither reading nor processing holds the GIL.

    Parameters
    ----------
    jobs : list of Job
        What to do.
    processors : list of Processor
        One for each thread.
    record : Record
        Is told what begins and what ended.
    tell : callable
        Called with each outcome, in the thread that called this function.
    watch : callable, optional
        See `job.run`; called in the threads that work.

    Raises
    ------
    KeyboardInterrupt
        After an interrupt: once the threads have given up their files and what they had done is recorded. A thread
        that does not stop in time, such as one that waits for a server, is left behind and its partial file removed.
    OSError
        If the journal cannot be written.
    """
    todo: queue.SimpleQueue[Job] = queue.SimpleQueue()
    results: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()
    stop = threading.Event()
    at_work: dict[int, str] = {}
    for job in jobs:
        todo.put(job)

    def loop(processor: Processor) -> None:
        try:
            while not stop.is_set():
                job = todo.get_nowait()
                record.begin(job)
                at_work[threading.get_ident()] = job.output
                outcome = run(job, processor, watch, stop)
                if outcome is not None:
                    results.put(outcome)
        except queue.Empty:
            return
        except BaseException as error:  # told by the thread that waits
            results.put(error)

    threads = [threading.Thread(target=loop, args=(processor,), name=NAME, daemon=True) for processor in processors]
    with _interrupts(results):
        try:
            for thread in threads:
                thread.start()
            for _ in jobs:
                result = _next(results)
                if isinstance(result, BaseException):
                    raise result
                record.add(result)
                tell(result)
            # An interrupt may stand behind the last outcome.
            while not results.empty():
                if isinstance(late := results.get(), BaseException):
                    raise late
        finally:
            stop.set()
            end = time.monotonic() + _PATIENCE
            for thread in threads:
                if thread.ident is not None:
                    thread.join(max(0.0, end - time.monotonic()))
                if thread.is_alive() and thread.ident in at_work:
                    output = at_work[thread.ident]
                    if remote.is_local(output):
                        remove_partial_files_of(thread.ident, os.path.dirname(remote.locate(output)[1]))
            while not results.empty():
                late = results.get()
                if isinstance(late, Outcome):
                    record.add(late)


def _next(results: "queue.SimpleQueue[Outcome | BaseException]") -> Outcome | BaseException:
    while True:
        try:
            return results.get(timeout=0.2)  # on Windows nothing interrupts a wait
        except queue.Empty:
            continue


@contextmanager
def _interrupts(results: "queue.SimpleQueue[Outcome | BaseException]") -> Iterator[None]:
    """Turn interrupts into a result that the main thread meets when it waits, not in the midst of anything."""

    def note(number: int, frame: FrameType | None) -> None:
        results.put(KeyboardInterrupt())

    with handled(note):
        yield
