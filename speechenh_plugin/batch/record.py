"""Which files of a batch are done: a journal while it runs, a report in the end."""

import contextlib
import dataclasses
import errno
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import filelock

from . import remote
from .job import Job, Outcome
from .walk import LeftOut

_TEXTS = ("source", "output", "source_state", "output_state", "identity")


@dataclass(frozen=True)
class BatchReport:
    """What became of a folder.

    Attributes
    ----------
    outcomes : list of Outcome
        One for each file, by name, and one for each folder that cannot be read.
    seconds : float
        Time it took.
    path : Path
        Of the report as a JSON file.
    left_out : list of LeftOut
        What was passed over though nobody excluded it: files that are not audio by their endings, loops of links,
        damaged lines of the journal.
    """

    outcomes: list[Outcome]
    seconds: float
    path: Path
    left_out: list[LeftOut] = field(default_factory=list)

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


class Record:
    """The report of earlier runs and the journal of this one; while it is open no other run can open it.

    A job is noted when it begins and when it ended, so that after a kill an output that only began is known to be no
    one else's. Lines that are damaged are passed over and listed in `damaged`.

    Parameters
    ----------
    path : Path
        Of the report. The journal and the lock lie beside it while a run goes on, as hidden files.
    identity : str
        Names what is done with each file, see `Processing.identity`.

    Raises
    ------
    BlockingIOError
        On entry, if another run has it open.
    ValueError
        On entry, if `path` is a file that is no report.
    OSError
        If the journal or the report cannot be written.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self._path = path
        self._identity = identity
        self._journal = path.with_name(f".{path.name}.journal")
        self._lock = filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
        self._writing = threading.Lock()
        self._finished = False
        self._known: dict[tuple[str, str], dict[str, Any]] = {}
        self._begun: set[tuple[str, str]] = set()
        self._folders: dict[str, tuple[str, str]] = {}
        self.damaged: list[LeftOut] = []

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except filelock.Timeout:
            reason = "another run is writing it; wait until that has ended, or name another report"
            raise BlockingIOError(errno.EAGAIN, reason, str(self._path)) from None
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            self._read_report()
            self._read_journal()
            self._file = os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0))
            try:
                if os.fstat(self._file).st_size:
                    self._write(b"\n")  # a run that was killed may have left half a line
            except BaseException:
                os.close(self._file)
                raise
        except BaseException:
            self._unlock()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
        try:
            if self._finished:  # not before: Windows removes no open file
                self._journal.unlink()
        except OSError as error:
            raise self._unwritable(error) from None
        finally:
            self._unlock()

    def _unlock(self) -> None:
        # Whoever opened the file a moment before finds it removed once the lock is theirs, and makes a new one.
        with contextlib.suppress(OSError):  # Windows removes no open file; there filelock does it in the end
            os.unlink(self._lock.lock_file)
        self._lock.release()

    def find(self, job: Job, source_state: str, output_state: str | None) -> Outcome | None:
        """Tell what was done by an earlier run, if both files still are as they were then."""
        entry = self._known.get(self._place(job.output))
        if (
            entry is None
            or entry["identity"] != self._identity
            or self._place(entry["source"]) != self._place(job.source)
            or entry["source_state"] != source_state
            or entry["output_state"] != output_state
        ):
            return None
        fields = {field.name: entry[field.name] for field in dataclasses.fields(Outcome) if field.name in entry}
        return Outcome(**{**fields, "source": job.source, "output": job.output, "status": "skipped"})

    def knows(self, job: Job) -> bool:
        """Whether an earlier run wrote, or began to write, the job's output; or may have, as lines are lost."""
        place = self._place(job.output)
        return bool(self.damaged) or place in self._known or place in self._begun

    def begin(self, job: Job) -> None:
        """Note that a job begins; from any thread."""
        self._write_line({"begun": job.output})

    def add(self, outcome: Outcome) -> None:
        """Note how a job ended; from any thread."""
        self._write_line({**asdict(outcome), "identity": self._identity})

    def finish(self, result: BatchReport, head: dict[str, object]) -> None:
        """Write the report, with what earlier runs did of other files; the journal is of no more use."""
        counts = {status: result.count(status) for status in ("done", "skipped", "failed")}
        files = [{**asdict(outcome), "identity": self._identity} for outcome in result.outcomes]
        # A result that stays, though this run failed to renew it or was to skip it, stays known.
        of_this_run = {self._place(outcome.output) for outcome in result.outcomes if outcome.output_state}
        earlier = [entry for output, entry in self._known.items() if output not in of_this_run]
        left_out = [asdict(item) for item in result.left_out]
        report = {**head, **counts, "seconds": result.seconds, "speed": result.speed, "files": files}
        text = json.dumps({**report, "left_out": left_out, "earlier": earlier}, indent=1, ensure_ascii=False)
        partial = self._path.with_name(f".{self._path.name}.partial")
        try:
            # Names that are no UTF-8 hold surrogates; "\udcXX" is how JSON escapes them too.
            partial.write_text(text, encoding="utf-8", errors="backslashreplace")
            partial.replace(self._path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise self._unwritable(error) from None
        self._finished = True

    def _read_report(self) -> None:
        if not self._path.is_file():
            return
        try:
            report = json.loads(self._path.read_bytes())
            entries = [*report.get("earlier", []), *report["files"]]
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ValueError(f"{self._path} is not a report of an earlier run; remove it, or choose another") from None
        for number, entry in enumerate(entries):
            if not self._note(entry):
                self.damaged.append(LeftOut(self._path.name, f"tells nothing usable in entry {number + 1}"))

    def _read_journal(self) -> None:
        for number, line in self._lines():
            try:
                entry = json.loads(line)
            except ValueError:  # also bytes that are no UTF-8
                entry = None
            if not self._note(entry):
                self.damaged.append(LeftOut(self._journal.name, f"is damaged in line {number}"))

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        if self._journal.exists():
            for number, line in enumerate(self._journal.read_bytes().split(b"\n")):
                if line.strip():
                    yield number + 1, line

    def _note(self, entry: object) -> bool:
        """Take up an entry; tell whether it was a usable one."""
        if not isinstance(entry, dict):
            return False
        if isinstance(entry.get("begun"), str):
            self._begun.add(self._place(entry["begun"]))
            return True
        if entry.get("status") in ("failed", "skipped") and entry.get("output_state") is None:
            return True
        if (
            entry.get("status") not in ("done", "skipped")
            or not all(isinstance(entry.get(name), str) for name in _TEXTS)
            or not all(isinstance(entry.get(name), int | float) for name in ("duration", "seconds"))
        ):
            return False
        self._known[self._place(entry["output"])] = entry
        return True

    def _place(self, path: str) -> tuple[str, str]:
        """Tell where a file lies, whichever way its folder is written."""
        folder, _, name = path.replace(os.sep, "/").rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = remote.place(folder or ("/" if path.startswith("/") else "."))
        system, real = self._folders[folder]
        return system, f"{real.rstrip('/')}/{name}"

    def _write_line(self, entry: dict[str, object]) -> None:
        self._write(json.dumps(entry).encode() + b"\n")

    def _write(self, data: bytes) -> None:
        try:
            with self._writing:
                if os.write(self._file, data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> OSError:
        return OSError(error.errno, f"cannot be written: {error.strerror or error}", str(self._path))
