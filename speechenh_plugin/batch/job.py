"""One file of a batch; ``python -m speechenh_plugin.batch.job`` does it in a process of its own."""

import _thread
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Literal

from ..processing import Processing, Processor
from . import remote

Status = Literal["done", "skipped", "failed"]
Watch = Callable[[str, float, float | None], None]


@dataclass(frozen=True)
class Job:
    """What to do with a file.

    Attributes
    ----------
    source, output : str
        Paths or URLs.
    processing : Processing
        What to do with it.
    """

    source: str
    output: str
    processing: Processing = field(default_factory=Processing)


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes
    ----------
    source, output : str
        Paths or URLs.
    status : {"done", "skipped", "failed"}
        Skipped files were done before.
    reason : str
        Why it failed.
    duration : float
        Length of the audio in seconds.
    seconds : float
        Time it took.
    notes : tuple of str
        What should be known of the result, see `FileReport`.
    source_state, output_state : str, optional
        Size and time of change, by which a later run knows that the file is done.
    """

    source: str
    output: str
    status: Status
    reason: str = ""
    duration: float = 0.0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    source_state: str | None = None
    output_state: str | None = None


class _Stop(Exception):
    """Ends a job that is not wanted any more."""


def run(
    job: Job, processor: Processor, watch: Watch | None = None, stop: threading.Event | None = None
) -> Outcome | None:
    """Do a job.

    Parameters
    ----------
    job : Job
        The file.
    processor : Processor
        Made from the job's `processing`.
    watch : callable, optional
        Called with the source, the seconds of audio that are done, and of all (None where that is unknown).
    stop : threading.Event, optional
        Once it is set, the job ends at its next block and leaves no output.

    Returns
    -------
    Outcome or None
        Whatever goes wrong is told in it, and does not stop other jobs. None if the job was stopped.
    """
    start = time.perf_counter()

    def progress(done: float, total: float | None) -> None:
        if stop is not None and stop.is_set():
            raise _Stop
        if watch is not None:
            watch(job.source, done, total)

    try:
        before = remote.state(job.source)
        with remote.reading(job.source) as source, remote.writing(job.output) as output:
            report = processor.run(source, output, progress)
        after = remote.state(job.output)
    except _Stop:
        return None
    except Exception as error:
        reason = str(error) or type(error).__name__
        return Outcome(job.source, job.output, "failed", reason, seconds=time.perf_counter() - start)
    return Outcome(
        job.source,
        job.output,
        "done",
        duration=report.duration,
        notes=report.notes,
        seconds=time.perf_counter() - start,
        source_state=before,
        output_state=after,
    )


def run_in_process(job: Job) -> Outcome:
    """Do a job in a process of its own, as a thread that is not the main one must.

    Parameters
    ----------
    job : Job
        The file.

    Returns
    -------
    Outcome
    """
    with tempfile.TemporaryFile("w+") as errors:
        # Its standard input stays open until it ends: should this process be killed, that closes and ends it too.
        with subprocess.Popen(
            [sys.executable, "-m", "speechenh_plugin.batch.job"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as child:
            assert child.stdin is not None and child.stdout is not None
            child.stdin.write(json.dumps(asdict(job)) + "\n")
            child.stdin.flush()
            result = child.stdout.read()
        errors.seek(0)
        told = errors.read().strip().splitlines()
    if child.returncode:
        reason = told[-1] if told else f"its process ended with status {child.returncode}"
        return Outcome(job.source, job.output, "failed", reason)
    return Outcome(**json.loads(result))


def _main() -> None:
    told = json.loads(sys.stdin.readline())
    job = Job(**{**told, "processing": Processing(**told["processing"])})
    # A worker that a shell started in the background hands down that interrupts are to be ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    outcome = run(job, Processor(job.processing))
    assert outcome is not None  # nobody stops it
    print(json.dumps(asdict(outcome)))


def _end_with_parent() -> None:
    os.read(0, 1)
    _thread.interrupt_main()


if __name__ == "__main__":
    _main()
