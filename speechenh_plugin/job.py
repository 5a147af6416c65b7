"""One file of a batch; ``python -m speechenh_plugin.job`` does it in a process of its own."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Literal

from pedalboard import Pedalboard  # type: ignore[attr-defined]  # its type stubs leave it out

from . import chains, storage
from .effect import DeepDenoise
from .files import Effect, Settings, process_file

Status = Literal["done", "skipped", "failed"]


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


def run(job: Job, effect: Effect) -> Outcome:
    """Do a job.

    Parameters
    ----------
    job : Job
        The file.
    effect : Effect
        Made by `make_effect` from the job's settings.

    Returns
    -------
    Outcome
        Whatever goes wrong is told in it, and does not stop other jobs.
    """
    start = time.perf_counter()
    before = storage.state(job.source)
    try:
        with storage.reading(job.source) as source, storage.writing(job.output) as output:
            report = process_file(effect, source, output)
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
        output_state=storage.state(job.output),
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
    child = subprocess.run(
        [sys.executable, "-m", "speechenh_plugin.job"], input=json.dumps(asdict(job)), capture_output=True, text=True
    )
    if child.returncode:
        last = (child.stderr.strip().splitlines() or [f"the process ended with status {child.returncode}"])[-1]
        return Outcome(job.source, job.output, "failed", last)
    return Outcome(**json.loads(child.stdout))


if __name__ == "__main__":
    wanted = Job(**json.load(sys.stdin))
    print(json.dumps(asdict(run(wanted, make_effect(wanted.settings, wanted.chain)))))
