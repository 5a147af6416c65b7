"""``deepdenoise batch``: folders."""

import json as json_module
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ..batch import REPORT, BatchReport
from ..batch import batch as run
from ..batch.job import Outcome
from ..effect import REDUCTION_LIMIT
from . import options
from .progress import bar


def batch(
    source: Annotated[str, typer.Argument(metavar="IN", help="Folder of audio files, or a URL such as s3://...")],
    output: Annotated[str, typer.Argument(metavar="OUT", help="Folder to write, of the same structure.")],
    include: Annotated[list[str] | None, typer.Option(help="Pattern of names to take, as '*.wav'; repeatable.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Pattern of names to leave out; repeatable.")] = None,
    chain: Annotated[str | None, typer.Option(help="Effects to follow: podcast, or a Python file.")] = None,
    ending: Annotated[
        str | None, typer.Option("--format", help="Format to write, as flac. \\[default: as each source]")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Files at once. \\[default: one a core]")] = None,
    dask: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers do it.")] = None,
    overwrite: Annotated[bool, typer.Option(help="Do again what is done.")] = False,
    report: Annotated[Path | None, typer.Option(help=f"Where to write the report. \\[default: OUT/{REPORT}]")] = None,
    strength: options.Strength = 100,
    reduction_limit: options.ReductionLimit = REDUCTION_LIMIT,
    stereo_link: options.StereoLink = True,
    listen: options.Listen = "result",
    model: options.Model = None,
    json: options.Json = False,
) -> None:
    """Denoise all audio files below a folder.

    What is done and unchanged is skipped, so a run that was stopped goes on where it was.
    """
    finished: list[Outcome] = []
    with options.usage_errors(), bar(source) as line:

        def show(outcome: Outcome, total: int) -> None:
            finished.append(outcome)
            if outcome.status == "failed":
                named = outcome.reason if outcome.source in outcome.reason else f"{outcome.source}: {outcome.reason}"
                line.say(f"[red]failed[/] {escape(named)}")
            seconds = sum(done.duration for done in finished if done.status == "done")
            line.update(len(finished), total, seconds)

        result = run(
            source,
            output,
            include=include or (),
            exclude=exclude or (),
            chain=chain,
            ending=ending,
            workers=workers,
            dask=dask,
            overwrite=overwrite,
            report=report,
            progress=show,
            **options.settings(strength, reduction_limit, stereo_link, listen, model),
        )
    if not result.outcomes:
        options.fail(f"no audio file in {source} is wanted", 2)
    if json:
        written = report or Path("." if "://" in output else output, REPORT)
        options.print_json(json_module.loads(written.read_text(encoding="utf-8")))
    _tell(result)
    if result.count("failed"):
        raise typer.Exit(1)


def _tell(result: BatchReport) -> None:
    summary = (
        f"{result.count('done')} done, {result.count('skipped')} skipped, {result.count('failed')} failed; "
        f"{result.duration / 60:.1f} min of audio in {result.seconds:.1f} s, {result.speed:.0f}x real time"
    )
    if not options.errors.is_terminal:
        options.errors.print(summary)
        return
    table = Table(title=summary, title_justify="left")
    for column in ("file", "status", "length", "speed"):
        table.add_column(column, justify="left" if column in ("file", "status") else "right")
    colours = {"done": "green", "skipped": "dim", "failed": "red"}
    for outcome in result.outcomes:
        done = outcome.status == "done"
        table.add_row(
            escape(outcome.source),
            f"[{colours[outcome.status]}]{outcome.status}[/]",
            f"{outcome.duration:.1f} s" if outcome.duration else "",
            f"{outcome.duration / max(outcome.seconds, 1e-9):.0f}x" if done else "",
        )
    options.errors.print(table)
