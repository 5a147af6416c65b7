"""Progress on a terminal: a bar, times real time, time left. Nothing where nobody looks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from .options import errors


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        seconds = task.fields["audio"]
        elapsed = task.elapsed or 0.0
        return Text(f"{seconds / elapsed:.0f}x real time" if elapsed and seconds else "", style="cyan")


class Bar:
    """One line of progress."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._task = progress.add_task(name, total=None, audio=0.0)
        self._next = 0.0

    def update(self, done: float, total: float | None, audio: float | None = None) -> None:
        """Show how much is done, and how many seconds of audio that is, if they are not the measure anyway."""
        now = time.monotonic()
        if now >= self._next or done == total:
            self._next = now + 0.1
            self._progress.update(self._task, completed=done, total=total, audio=done if audio is None else audio)

    def say(self, message: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(message)


@contextmanager
def bar(name: str) -> Iterator[Bar]:
    """Show a bar while something runs."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        _Speed(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        yield Bar(progress, name)
