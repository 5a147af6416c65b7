"""Progress on a terminal: percent, times real time, time left, file names. Nothing where nobody looks."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from . import terminal

_EVERY = 0.1  # seconds between two changes of a line


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        seconds = task.fields["audio"]
        elapsed = task.elapsed or 0.0
        return Text(f"{seconds / elapsed:.0f}x real time" if elapsed and seconds else "", style="cyan")


class FileLine:
    """The line of one file."""

    def __init__(self, progress: Progress, name: str, indent: str = "") -> None:
        self._progress = progress
        self.task: TaskID = progress.add_task(indent + terminal.printable(name), total=None, audio=0.0)
        self._next = 0.0

    def update(self, done: float, total: float | None) -> None:
        """Show how many seconds of audio are done, of how many (None where that is unknown)."""
        now = time.monotonic()
        if now >= self._next or done == total:
            self._next = now + _EVERY
            self._progress.update(self.task, completed=done, total=total, audio=done)


class FilesLine:
    """The line of a batch, and below it one for each file at work."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = terminal.printable(name)
        self._task = progress.add_task(self._name, total=None, audio=0.0)
        self._lines: dict[str, FileLine] = {}
        self._parts: dict[str, float] = {}
        self._finished = 0
        self._total = 0
        self._audio = 0.0
        self._lock = threading.Lock()

    def started(self, total: int) -> None:
        """Show how many files there are."""
        with self._lock:
            self._total = total
            self._show()

    def watch(self, source: str, done: float, total: float | None) -> None:
        """Show how far a file is; from any thread."""
        with self._lock:
            if source not in self._lines:
                self._lines[source] = FileLine(self._progress, os.path.basename(source), "  ")
            self._lines[source].update(done, total)
            self._parts[source] = done / total if total else 0.0
            self._show()

    def finished(self, source: str, audio: float) -> None:
        """Show that a file is finished, and how many seconds of audio were done."""
        with self._lock:
            self._finished += 1
            self._audio += audio
            self._parts.pop(source, None)
            line = self._lines.pop(source, None)
            if line is not None:
                self._progress.remove_task(line.task)
            self._show()

    def _show(self) -> None:
        self._progress.update(
            self._task,
            description=f"{self._finished}/{self._total} {self._name}",
            completed=self._finished + sum(self._parts.values()),
            total=self._total,
            audio=self._audio,
        )


class Bar:
    """Where lines of progress appear."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def file(self, name: str) -> FileLine:
        """Add the line of a file."""
        return FileLine(self._progress, name)

    def files(self, name: str) -> FilesLine:
        """Add the lines of a batch."""
        return FilesLine(self._progress, name)

    def say(self, message: str) -> None:
        """Print a line above."""
        with suppress(OSError):
            self._progress.console.print(message)


@contextmanager
def bar() -> Iterator[Bar]:
    """Show progress while something runs."""
    columns = (
        TextColumn("{task.description}", markup=False, table_column=Column(max_width=28, no_wrap=True)),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        _Speed(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(),
    )
    shown = terminal.errors.is_terminal
    with Progress(*columns, console=terminal.errors, transient=True, expand=True, disable=not shown) as progress:
        yield Bar(progress)
