"""One file of a batch; ``python -m speechenh_plugin.batch.job`` does it in a process of its own."""

import _thread
import hashlib
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
from pathlib import Path
from typing import Literal

from pedalboard import Pedalboard  # type: ignore[attr-defined]  # its type stubs leave it out

from .. import chains
from ..audio.files import Effect, Settings, process_file
from ..effect import DeepDenoise
from ..preset import unpack_preset
from ..store import models
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
    settings : dict
        Keyword arguments of `DeepDenoise`.
    chain : str, optional
        Effects to follow, see `chains.load`.
    """

    source: str
    output: str
    settings: Settings = field(default_factory=Settings)
    chain: str | None = None


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
    source_state, output_state : str, optional
        Size and time of change, by which a later run knows that the file is done.
    """

    source: str
    output: str
    status: Status
    reason: str = ""
    duration: float = 0.0
    seconds: float = 0.0
    source_state: str | None = None
    output_state: str | None = None


def make_effect(settings: Settings, chain: str | None = None) -> Effect:
    """Make `DeepDenoise` and the chain behind it; only the main thread can.

    Parameters
    ----------
    settings : dict
        Keyword arguments of `DeepDenoise`.
    chain : str, optional
        Effects to follow, see `chains.load`.

    Returns
    -------
    Effect
    """
    denoiser = DeepDenoise(**settings)
    return Pedalboard([denoiser, *chains.load(chain)]) if chain else denoiser


def identity(settings: Settings, chain: str | None) -> str:
    """Name what is done with a file, so that a change of it is noticed: settings, model and chain, not their names."""
    preset = DeepDenoise(**settings).preset_data
    digest = hashlib.sha256(preset)
    chosen = unpack_preset(preset).model
    if isinstance(chosen, str):
        digest.update(next(model.path for model in models() if model.name == chosen).read_bytes())
    if chain:
        digest.update(Path(chain).read_bytes() if Path(chain).is_file() else chain.encode())
    return digest.hexdigest()[:16]


class _Stop(Exception):
    """Ends a job that is not wanted any more."""


def run(job: Job, effect: Effect, watch: Watch | None = None, stop: threading.Event | None = None) -> Outcome | None:
    """Do a job.

    Parameters
    ----------
    job : Job
        The file.
    effect : Effect
        Made by `make_effect` from the job's settings.
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
            report = process_file(effect, source, output, progress)
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
    job = Job(**json.loads(sys.stdin.readline()))
    # A worker that a shell started in the background hands down that interrupts are to be ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    outcome = run(job, make_effect(job.settings, job.chain))
    assert outcome is not None  # nobody stops it
    print(json.dumps(asdict(outcome)))


def _end_with_parent() -> None:
    os.read(0, 1)
    _thread.interrupt_main()


if __name__ == "__main__":
    _main()
