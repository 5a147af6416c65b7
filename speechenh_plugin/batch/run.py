"""Folders of audio: every file that can be done is done, every other one is named."""

import dataclasses
import errno
import fnmatch
import hashlib
import json
import os
import queue
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self, TextIO, Unpack

from .. import chains
from ..audio.atomic import remove_partial_files
from ..audio.files import Effect, Settings
from ..audio.formats import EXTENSIONS
from ..effect import DeepDenoise
from ..preset import unpack_preset
from ..store import models
from . import remote
from .job import Job, Outcome, make_effect, run, run_in_process

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

REPORT = "deepdenoise-report.json"
"""Name of the report in the output folder."""


@dataclass(frozen=True)
class BatchReport:
    """What became of a folder.

    Attributes
    ----------
    outcomes : list of Outcome
        One for each file, by name, and one for each folder that cannot be read.
    seconds : float
        Time it took.
    """

    outcomes: list[Outcome]
    seconds: float

    def count(self, status: str) -> int:
        """Count the files that were ``"done"``, ``"skipped"`` or ``"failed"``."""
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def duration(self) -> float:
        """Length of the audio that was done, in seconds."""
        return sum(outcome.duration for outcome in self.outcomes if outcome.status == "done")

    @property
    def speed(self) -> float:
        """Times real time."""
        return self.duration / max(self.seconds, 1e-9)


def batch(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    chain: str | None = None,
    ending: str | None = None,
    workers: int | None = None,
    dask: str | None = None,
    overwrite: bool = False,
    report: str | os.PathLike[str] | None = None,
    progress: Callable[[Outcome, int], None] | None = None,
    **settings: Unpack[Settings],
) -> BatchReport:
    """Denoise all audio files below a folder into a folder of the same structure.

    A run that was stopped, even killed, goes on where it was: files that are done, unchanged since, and made with
    the same settings are skipped. A file that fails does not stop the others.

    Parameters
    ----------
    source, output : str or path-like
        Folders, or URLs that fsspec knows. The output is created.
    include : sequence of str
        Patterns such as ``"*.wav"`` or ``"day1/*"`` of names relative to `source`; by default, all audio files.
    exclude : sequence of str
        Patterns of what to leave out.
    chain : str, optional
        Effects to follow: ``"podcast"``, or a Python file that defines ``chain()``.
    ending : str, optional
        Format of the outputs, such as ``"flac"``; by default, that of each source.
    workers : int, optional
        Files at once; by default, one for each core.
    dask : str, optional
        Address of a Dask scheduler, whose workers do the files; they must see the same folders.
    overwrite : bool
        Do again what is done.
    report : str or path-like, optional
        Where to write the report; by default, ``deepdenoise-report.json`` in the output folder.
    progress : callable, optional
        Called with each file's outcome, and with the number of all files.
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

    Examples
    --------
    >>> from speechenh_plugin.batch import batch
    >>> batch("recordings", "clean", include=["*.wav"], chain="podcast").count("failed")
    """
    start = time.perf_counter()
    folders = os.fspath(source), os.fspath(output)
    _check(*folders)
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
    count = workers or os.cpu_count() or 1
    effects = [make_effect(settings, chain) for _ in range(1 if dask else count)]
    unreadable: list[OSError] = []
    wanted = _jobs(*folders, include, exclude, ending, settings, chain, unreadable)
    if not remote.is_url(folders[1]):
        Path(folders[1]).mkdir(parents=True, exist_ok=True)
        remove_partial_files(folders[1])

    path = Path(report) if report else Path("." if remote.is_url(folders[1]) else folders[1], REPORT)
    outcomes: list[Outcome] = []

    def finished(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if progress is not None:
            progress(outcome, len(wanted) + len(unreadable))

    with _Record(path, _identity(settings, chain)) as record:
        todo = []
        for job in wanted:
            done = None if overwrite else record.find(job)
            if done is None:
                todo.append(job)
            else:
                finished(done)
        for error in unreadable:
            finished(Outcome(error.filename, "", "failed", f"{error.filename} cannot be read: {error.strerror}"))
        for outcome in _dask(todo, dask) if dask else _threads(todo, effects):
            record.add(outcome)
            finished(outcome)
        result = BatchReport(sorted(outcomes, key=lambda outcome: outcome.source), time.perf_counter() - start)
        record.finish(result, {"source": folders[0], "output": folders[1], "settings": {**settings, "chain": chain}})
    return result


def _check(source: str, output: str) -> None:
    if not remote.is_url(source) and not Path(source).is_dir():
        raise FileNotFoundError(f"there is no folder {source!r}")
    if not remote.is_url(output) and Path(output).exists() and not Path(output).is_dir():
        raise ValueError(f"{output!r} is not a folder")
    if remote.place(source) == remote.place(output):
        raise ValueError("the output folder must be another one than the source")


def _jobs(
    source: str,
    output: str,
    include: Sequence[str],
    exclude: Sequence[str],
    ending: str | None,
    settings: Settings,
    chain: str | None,
    unreadable: list[OSError],
) -> list[Job]:
    """Choose files; `unreadable` is given what no files of are known: folders that cannot be read."""

    def note(error: OSError) -> None:
        if not _matches(Path(error.filename).relative_to(source).as_posix() + "/", exclude):
            unreadable.append(error)

    jobs: list[Job] = []
    taken: set[str] = set()
    (system, root), (of_output, below) = remote.place(source), remote.place(output)
    # Where the output folder is inside the source, outputs of an earlier run are no sources.
    outputs = below.removeprefix(f"{root.rstrip('/')}/") + "/" if system == of_output else below
    for name in remote.find(source, note):
        chosen = _matches(name, include) if include else Path(name).suffix.lower() in EXTENSIONS
        if not chosen or _matches(name, exclude):
            continue
        path = remote.join(source, name)
        if name.startswith(outputs):
            continue
        if ending is not None:
            renamed = str(Path(name).with_suffix(f".{ending.lstrip('.')}").as_posix())
            name = f"{name}.{ending.lstrip('.')}" if renamed in taken else renamed
        taken.add(name)
        jobs.append(Job(path, remote.join(output, name), settings, chain))
    return jobs


def _matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern fits the relative name, or the name without its folders."""
    return any(fnmatch.fnmatch(part, pattern) for pattern in patterns for part in (name, name.rpartition("/")[2]))


def _threads(jobs: list[Job], effects: list[Effect]) -> Iterator[Outcome]:
    """Do jobs in threads: neither reading nor processing holds the GIL."""
    free: queue.SimpleQueue[Effect] = queue.SimpleQueue()
    for effect in effects:
        free.put(effect)

    def work(job: Job) -> Outcome:
        effect = free.get()
        try:
            return run(job, effect)
        finally:
            free.put(effect)

    pool = ThreadPoolExecutor(len(effects))
    try:
        for future in as_completed([pool.submit(work, job) for job in jobs]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _dask(jobs: list[Job], address: str) -> Iterator[Outcome]:
    """Do jobs on a Dask cluster; what a lost worker had begun is done by another."""
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise ValueError("a Dask cluster needs pip install 'speechenh-plugin[dask]'") from None
    with Client(address) as client:
        futures = {client.submit(run_in_process, job, pure=False): job for job in jobs}
        for future in as_completed(futures):
            if future.status == "finished":
                outcome = future.result()
            else:
                job = futures[future]
                outcome = Outcome(job.source, job.output, "failed", str(future.exception()))
            # Dask would do a job again whose result a lost worker held, though it is known here.
            future.release()
            yield outcome


def _absolute(path: str) -> str:
    return path if remote.is_url(path) else os.path.abspath(path)


def _identity(settings: Settings, chain: str | None) -> str:
    """Name what is done with a file, so that a change of it is noticed: settings, model and chain, not their names."""
    preset = DeepDenoise(**settings).preset_data
    digest = hashlib.sha256(preset)
    chosen = unpack_preset(preset).model
    if isinstance(chosen, str):
        digest.update(next(model.path for model in models() if model.name == chosen).read_bytes())
    if chain:
        digest.update(Path(chain).read_bytes() if Path(chain).is_file() else chain.encode())
    return digest.hexdigest()[:16]


class _Record:
    """Which files are done: the report of earlier runs, and a journal while one runs, which it holds locked."""

    def __init__(self, path: Path, identity: str) -> None:
        self._path = path
        self._identity = identity
        self._journal = path.with_name(f".{path.name}.journal")
        self._known: dict[tuple[str, str], dict[str, str]] = {}

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = _locked(self._journal, self._path)
        self._finished = False
        try:
            self._read()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._finished:
            self._journal.unlink()

    def _read(self) -> None:
        if self._path.is_file():
            try:
                report = json.loads(self._path.read_bytes())
                for entry in report.get("earlier", []) + report["files"]:
                    self._note(entry)
            except (ValueError, TypeError, KeyError, AttributeError):
                self._finished = self._journal.stat().st_size == 0
                raise ValueError(
                    f"{self._path} is not a report of an earlier run; remove it, or choose another"
                ) from None
        self._file.seek(0)
        for line in self._file:
            try:
                entry = json.loads(line)
            except ValueError:  # the line that a killed run was writing
                continue
            self._note(entry)

    def _note(self, entry: dict[str, str]) -> None:
        if entry["status"] != "failed":
            self._known[remote.place(entry["output"])] = entry

    def find(self, job: Job) -> Outcome | None:
        """Tell what was done, if it still is as it was then."""
        entry = self._known.get(remote.place(job.output))
        if (
            entry is None
            or entry["identity"] != self._identity
            or remote.place(entry["source"]) != remote.place(job.source)
            or entry["source_state"] != remote.state(job.source)
            or entry["output_state"] != remote.state(job.output)
        ):
            return None
        fields = {field.name: entry[field.name] for field in dataclasses.fields(Outcome)}
        now = {"source": job.source, "output": job.output, "status": "skipped"}
        return Outcome(**{**fields, **now})  # type: ignore[arg-type]

    def add(self, outcome: Outcome) -> None:
        """Note an outcome at once."""
        self._file.write(json.dumps({**asdict(outcome), "identity": self._identity}) + "\n")
        self._file.flush()

    def finish(self, result: BatchReport, head: dict[str, object]) -> None:
        """Write the report, with what earlier runs did of other files; the journal is of no more use."""
        counts = {status: result.count(status) for status in ("done", "skipped", "failed")}
        files = [{**asdict(outcome), "identity": self._identity} for outcome in result.outcomes]
        of_this_run = {remote.place(outcome.output) for outcome in result.outcomes}
        earlier = [entry for output, entry in self._known.items() if output not in of_this_run]
        report = {**head, **counts, "seconds": result.seconds, "speed": result.speed, "files": files}
        partial = self._path.with_name(f".{self._path.name}.partial")
        text = json.dumps({**report, "earlier": earlier}, indent=1, ensure_ascii=False)
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(self._path)
        finally:
            partial.unlink(missing_ok=True)
        self._finished = True


def _locked(journal: Path, report: Path) -> TextIO:
    """Open a journal that no other run writes, to read and to append; the lock ends with the file, or the process."""
    while True:
        file = journal.open("a+", encoding="utf-8")
        try:
            file.seek(0)
            if sys.platform == "win32":
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if journal.exists() and os.path.samestat(os.fstat(file.fileno()), journal.stat()):
                return file
            file.close()  # a run that ended meanwhile has removed it
        except OSError as error:
            file.close()
            if error.errno in (errno.EAGAIN, errno.EACCES):
                reason = "another run is writing it; wait until that has ended, or name another report"
                raise BlockingIOError(error.errno, reason, str(report)) from None
            raise OSError(error.errno, error.strerror, str(journal)) from None
