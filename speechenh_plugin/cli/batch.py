"""``deepdenoise batch``: folders."""

from pathlib import Path
from typing import Annotated

import typer

from ..batch import REPORT
from . import folder, options


def batch(
    source: Annotated[str, typer.Argument(metavar="IN", help="Folder of recordings, or a URL such as s3://...")],
    output: Annotated[str, typer.Argument(metavar="OUT", help="Folder to write, of the same structure.")],
    include: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Names to take, as '*.wav' (upper and lower case are alike); repeatable.",
            rich_help_panel=options.FILES,
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Names to leave out; repeatable.", rich_help_panel=options.FILES),
    ] = None,
    ending: options.Format = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Do again what is done, and replace what no run made.", rich_help_panel=options.FILES
        ),
    ] = False,
    skip: options.Skip = False,
    keep_incomplete: options.KeepIncomplete = False,
    preset: options.Preset = None,
    strength: options.Strength = None,
    reduction_limit: options.ReductionLimit = None,
    stereo_link: options.StereoLink = None,
    listen: options.Listen = None,
    model: options.Model = None,
    chain: options.Chain = None,
    loudness: options.Loudness = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Files at once. \\[default: one a core]")] = None,
    dask: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers do it.")] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help=f"Where to write the report. \\[default: OUT/{REPORT}]")
    ] = None,
    json: options.Json = False,
) -> None:
    """Denoise all recordings below a folder.

    What is done and unchanged is skipped, so a run that was stopped goes on where it was. Links to files and folders
    are followed, hidden files are not taken.
    """
    with options.usage_errors():
        chosen = options.settings(
            preset=preset,
            strength=strength,
            reduction_limit=reduction_limit,
            stereo_link=stereo_link,
            listen=listen,
            model=model,
        )
        folder.run(
            source,
            output,
            chosen,
            json=json,
            include=include or (),
            exclude=exclude or (),
            chain=chain,
            loudness=loudness,
            incomplete="keep" if keep_incomplete else "refuse",
            ending=ending,
            workers=workers,
            dask=dask,
            overwrite=overwrite,
            skip=skip,
            report=report,
        )
