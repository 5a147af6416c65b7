"""``deepdenoise FILE``: one file or several."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ..audio.files import FileReport, process_file
from ..batch.job import make_effect
from ..effect import REDUCTION_LIMIT
from ..errors import AudioFileError
from . import options
from .progress import bar


def denoise(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Audio files; - reads WAV from a pipe.")],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write; - writes WAV into a pipe. \\[default: FILE_denoised beside each file]",
        ),
    ] = None,
    strength: options.Strength = 100,
    reduction_limit: options.ReductionLimit = REDUCTION_LIMIT,
    stereo_link: options.StereoLink = True,
    listen: options.Listen = "result",
    model: options.Model = None,
    chain: Annotated[str | None, typer.Option(help="Effects to follow: podcast, or a Python file.")] = None,
    json: options.Json = False,
) -> None:
    """Denoise files. The word "denoise" may be left out: [b]deepdenoise in.wav -o out.wav[/b]."""
    if output is not None and len(files) > 1:
        options.fail("-o takes one file; leave it out for several, or use 'deepdenoise batch'", 2)
    if json and output == "-":
        options.fail("--json and -o - would both write to standard output", 2)
    with options.usage_errors():
        effect = make_effect(options.settings(strength, reduction_limit, stereo_link, listen, model), chain)
    reports, failures = [], []
    for file in files:
        target = output or _default_output(file)
        try:
            with bar(Path(file).name) as line:
                report = process_file(effect, file, target, line.update)
        except AudioFileError as error:
            failures.append({"source": file, "reason": str(error)})
            options.errors.print(f"[red]deepdenoise:[/] {escape(str(error))}")
            continue
        reports.append(report)
        _tell(report)
    if json:
        done = [{**asdict(report), "duration": report.duration, "speed": report.speed} for report in reports]
        options.print_json({"done": done, "failed": failures})
    if failures:
        raise typer.Exit(1)


def _default_output(file: str) -> str:
    if file == "-":
        return "-"
    path = Path(file)
    return os.fspath(path.with_name(f"{path.stem}_denoised{path.suffix}"))


def _tell(report: FileReport) -> None:
    options.errors.print(
        f"{escape(report.source)} -> {escape(report.output)}: {report.duration:.1f} s, {report.sample_rate} Hz, "
        f"{report.channels} channel{'s' if report.channels > 1 else ''}, {report.format}, {report.speed:.0f}x real time"
    )
