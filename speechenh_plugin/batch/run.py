"""Folders of audio: every file that can be done is done, every other one is named."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Unpack

from .. import chains, cores
from ..audio.atomic import remove_partial_files
from ..audio.recording import Incomplete
from ..processing import Processing, Processor
from ..settings import Settings
from ..store import models
from . import cluster, remote, threads
from .job import Job, Outcome, Watch
from .record import BatchReport, Record
from .walk import Selection, outputs, select

REPORT = "deepdenoise-report.json"
"""Name of the report in the output folder."""


def batch(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    chain: str | None = None,
    loudness: float | None = None,
    incomplete: Incomplete = "refuse",
    ending: str | None = None,
    workers: int | None = None,
    dask: str | None = None,
    overwrite: bool = False,
    skip: bool = False,
    report: str | os.PathLike[str] | None = None,
    started: Callable[[int], None] | None = None,
    progress: Callable[[Outcome, int], None] | None = None,
    watch: Watch | None = None,
    **settings: Unpack[Settings],
) -> BatchReport:
    """Denoise all audio files below a folder into a folder of the same structure.

    A run that was stopped, even killed, goes on where it was: files that are done, unchanged since, and made with
    the same settings are skipped. A file that fails does not stop the others. Links to files and folders are followed,
    as by ``find -L``; hidden files and folders are not taken.

    Parameters
    ----------
    source, output : str or path-like
        Folders, or URLs that fsspec knows. The output is created.
    include : sequence of str
        Patterns such as ``"*.wav"`` or ``"day1/*"`` of names relative to `source`, in which upper and lower case are
        alike; by default, all audio files.
    exclude : sequence of str
        Patterns of what to leave out.
    chain : str, optional
        Effects to follow: ``"podcast"``, or a Python file that defines ``chain()``.
    loudness : float, optional
        Of each result in LUFS, with no true peak above -1.5 dB; by default it stays as it is.
    incomplete : {"refuse", "keep"}
        What to do with a recording that was cut short, damaged or never finished: refuse it, or make what there is.
    ending : str, optional
        Format of the outputs, such as ``"flac"``; by default, that of each source.
    workers : int, optional
        Files at once, 1 or more; by default, one for each core.
    dask : str, optional
        Address of a Dask scheduler, whose workers do the files; they must see the same folders.
    overwrite : bool
        Do again what is done, and replace files that no earlier run made.
    skip : bool
        Leave every output that exists as it is, whoever made it. Without `overwrite` and `skip`, a file fails whose
        output exists and was made by no run before.
    report : str or path-like, optional
        Where to write the report; by default, ``deepdenoise-report.json`` in the output folder, or in the current
        one where the output is not on this machine.
    started : callable, optional
        Called with the number of all files before the first one begins.
    progress : callable, optional
        Called with each file's outcome, and with the number of all files.
    watch : callable, optional
        Called within each file, from the threads that work and not with `dask`: with the source, the seconds of audio
        that are done, and of all (None where that is unknown).
    **settings
        As of `DeepDenoise`.

    Returns
    -------
    BatchReport

    Raises
    ------
    FileNotFoundError, ValueError
        If the folders, settings or chain are of no use.
    BlockingIOError
        If another run is writing the same report.
    OSError
        If the output folder, the journal or the report cannot be written.
    KeyboardInterrupt
        If it is interrupted; partial files are removed, and another run goes on where this one was.

    Examples
    --------
    >>> from speechenh_plugin.batch import batch
    >>> batch("recordings", "clean", include=["*.wav"], chain="podcast").count("failed")
    """
    start = time.perf_counter()
    folders = os.fspath(source), os.fspath(output)
    for folder in folders:
        remote.forget(folder)
    _check(*folders)
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be 1 or more, not {workers}")
    if overwrite and skip:
        raise ValueError("overwrite and skip exclude each other")
    model = settings.get("model")
    if model is not None:
        settings["model"] = os.fspath(model)
    if dask:  # workers have working folders of their own
        folders = _absolute(folders[0]), _absolute(folders[1])
        if chain and chain not in chains.NAMED:
            chain = _absolute(chain)
        if model is not None and model not in [bundled.name for bundled in models()]:
            settings["model"] = _absolute(os.fspath(model))
    # Before any file: a mistake in the settings or the chain is not one of each file.
    processing = Processing(settings, chain, loudness, incomplete)
    processors = [Processor(processing) for _ in range(1 if dask else workers or cores.available())]
    found = select(*folders, include, exclude)
    local = remote.is_local(folders[1])
    if local:
        try:
            remote.make_folder(folders[1])
        except OSError as error:
            raise OSError(error.errno, f"cannot be made: {error.strerror or error}", folders[1]) from None
        remove_partial_files(remote.locate(folders[1])[1])

    outcomes: list[Outcome] = []

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if progress is not None:
            progress(outcome, len(found.files) + len(found.unreadable))

    here = "." if not local else remote.locate(folders[1])[1] if remote.is_url(folders[1]) else folders[1]
    path = Path(report) if report else Path(here, REPORT)
    with Record(path, processing.identity()) as record:
        if started is not None:
            started(len(found.files) + len(found.unreadable))
        for name, reason in found.unreadable.items():
            unreadable = remote.join(folders[0], name) if name else folders[0]
            tell(Outcome(unreadable, "", "failed", f"{unreadable} cannot be read: {reason}"))
        todo = []
        for job, source_state, output_state in _jobs(found, *folders, ending, processing):
            before = _known(record, job, source_state, output_state, overwrite, skip)
            if before is None:
                todo.append(job)
            else:
                tell(before)
        if dask:
            cluster.work(todo, dask, record, tell)
        else:
            threads.work(todo, processors, record, tell, watch)
        by_name = sorted(outcomes, key=lambda outcome: outcome.source)
        result = BatchReport(by_name, time.perf_counter() - start, path, [*found.left_out, *record.damaged])
        chosen = {**settings, "chain": chain, "loudness": loudness, "incomplete": incomplete}
        record.finish(result, {"source": folders[0], "output": folders[1], "settings": chosen})
    return result


def _check(source: str, output: str) -> None:
    for folder in (source, output):
        if not folder:
            raise ValueError("a folder's name is empty; give a path")
    if remote.kind(source) != "folder":
        raise FileNotFoundError(f"there is no folder {source!r}")
    if remote.kind(output) not in (None, "folder"):
        raise ValueError(f"{output!r} is not a folder")
    if remote.place(source) == remote.place(output):
        raise ValueError("the output folder must be another one than the source")


def _jobs(
    found: Selection, source: str, output: str, ending: str | None, processing: Processing
) -> Iterator[tuple[Job, str, str | None]]:
    """Yield each job with the states of its source and its output; output folders are listed once."""
    listed: dict[str, dict[str, str]] = {}
    for name, renamed in outputs(list(found.files), ending):
        folder, _, last = renamed.rpartition("/")
        if folder not in listed:
            listed[folder] = remote.states(remote.join(output, folder) if folder else output)
        job = Job(remote.join(source, name), remote.join(output, renamed), processing)
        yield job, found.files[name], listed[folder].get(last)


def _known(
    record: Record, job: Job, source_state: str, output_state: str | None, overwrite: bool, skip: bool
) -> Outcome | None:
    """Tell what is known of a job without doing it; None if it is to be done."""
    if overwrite or output_state is None:
        return None
    done = record.find(job, source_state, output_state)
    if done is None and skip:
        return Outcome(job.source, job.output, "skipped", "its output exists")
    if done is None and not record.knows(job):
        reason = f"{job.output} exists, and no earlier run made it; --overwrite replaces it, --skip leaves it as it is"
        return Outcome(job.source, job.output, "failed", reason)
    return done


def _absolute(path: str) -> str:
    return path if remote.is_url(path) else os.path.abspath(path)
