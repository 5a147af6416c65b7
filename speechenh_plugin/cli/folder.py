"""A folder that is denoised before one's eyes: a bar, what fails, what is left out, a table."""

import collections
import json as json_module
import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from ..batch import BatchReport, batch
from ..batch.job import Outcome
from ..settings import Settings
from . import terminal
from .progress import bar

_MOST_ROWS = 40
_MOST_NAMES = 3


def run(source: str, output: str, settings: Settings, *, json: bool, **choices: Any) -> None:
    """Run a batch with a bar, and tell what became of it.

    Parameters
    ----------
    source, output : str
        Folders.
    settings : dict
        Keyword arguments of `DeepDenoise`.
    json : bool
        Print the report on standard output.
    **choices
        Further arguments of `batch`.

    Raises
    ------
    typer.Exit
        If a file failed, or none was found; all that `batch` raises besides.
    """
    with bar() as progress:
        line = progress.files(source)

        def show(outcome: Outcome, total: int) -> None:
            if outcome.status == "failed":
                named = outcome.reason if outcome.source in outcome.reason else f"{outcome.source}: {outcome.reason}"
                progress.say(f"[red]failed[/] {escape(terminal.printable(named))}")
            for note in outcome.notes if outcome.status == "done" else ():
                progress.say(f"[yellow]{escape(terminal.printable(f'{outcome.source}: {note}'))}[/]")
            line.finished(outcome.source, outcome.duration if outcome.status == "done" else 0.0)

        result = batch(source, output, started=line.started, progress=show, watch=line.watch, **choices, **settings)
    if json:
        terminal.print_json(json_module.loads(result.path.read_bytes()))
    _name_left_out(result)
    if not result.outcomes:
        terminal.fail(f"there is no recording in {source} that is wanted", 2)
    _tell(result, source)
    if result.count("failed"):
        raise typer.Exit(1)


def _name_left_out(result: BatchReport) -> None:
    """Name what was left out: in short what is no audio by its ending, all else one by one."""
    reasons: dict[str, list[str]] = collections.defaultdict(list)
    for item in result.left_out:
        reasons[item.reason].append(item.name)
    for reason, names in reasons.items():
        if len(names) <= _MOST_NAMES:
            which = ", ".join(names)
        else:
            kinds = collections.Counter(PurePath(name).suffix or "without ending" for name in names)
            which = f"{len(names)} files (" + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) + ")"
            reason = reason.replace("has no", "have no", 1).replace("is ", "are ", 1)
        terminal.say(f"left out: {which}, which {reason}", "yellow")


def _tell(result: BatchReport, source: str) -> None:
    summary = (
        f"{result.count('done')} done, {result.count('skipped')} skipped, {result.count('failed')} failed; "
        f"{result.duration / 60:.1f} min of audio in {result.seconds:.1f} s, {result.speed:.0f}x real time"
    )
    if terminal.errors.is_terminal and len(result.outcomes) <= _MOST_ROWS:
        terminal.errors.print(_table(result.outcomes, source), soft_wrap=False)
    terminal.say(summary)


def _table(outcomes: Sequence[Outcome], source: str) -> Table:
    table = Table()
    table.add_column("file", overflow="fold")
    table.add_column("status")
    table.add_column("length", justify="right")
    table.add_column("speed", justify="right")
    colours = {"done": "green", "skipped": "dim", "failed": "red"}
    for outcome in outcomes:
        name = outcome.source.removeprefix(source).lstrip("/" + os.sep) or outcome.source
        table.add_row(
            escape(terminal.printable(name)),
            f"[{colours[outcome.status]}]{outcome.status}[/]",
            f"{outcome.duration:.1f} s" if outcome.duration else "",
            f"{outcome.duration / max(outcome.seconds, 1e-9):.0f}x" if outcome.status == "done" else "",
        )
    return table
