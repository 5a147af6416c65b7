"""``deepdenoise FILE...``: one file, several, or a folder."""

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ..audio.files import FileReport
from ..audio.recording import Incomplete
from ..errors import AudioFileError
from ..processing import Processing, Processor
from . import folder, interrupts, options, terminal
from .outputs import SUFFIX, Task, plan
from .progress import bar


def denoise(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Recordings, or a folder; - is a pipe.")],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PLACE",
            help="File to write or to replace, or folder for several; - writes WAV into a pipe. "
            f"\\[default: FILE{SUFFIX} beside each file]",
            rich_help_panel=options.FILES,
        ),
    ] = None,
    ending: options.Format = None,
    overwrite: options.Overwrite = False,
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
    json: options.Json = False,
) -> None:
    """Denoise recordings. The word "denoise" may be left out: [b]deepdenoise in.wav -o out.wav[/]."""
    with options.usage_errors():
        if overwrite and skip:
            raise ValueError("--overwrite and --skip exclude each other")
        chosen = options.settings(
            preset=preset,
            strength=strength,
            reduction_limit=reduction_limit,
            stereo_link=stereo_link,
            listen=listen,
            model=model,
        )
        incomplete: Incomplete = "keep" if keep_incomplete else "refuse"
        folders = [file for file in files if os.path.isdir(file)]
        if folders:
            _check_folder(files, output)
            target = output or f"{_named(folders[0])}{SUFFIX}"
            folder.run(
                folders[0],
                target,
                chosen,
                json=json,
                chain=chain,
                loudness=loudness,
                incomplete=incomplete,
                ending=ending,
                overwrite=overwrite,
                skip=skip,
            )
            return
        tasks = plan(files, output, ending)
        _check_pipes(tasks, json)
        processor = Processor(Processing(chosen, chain, loudness, incomplete))
    results: dict[str, list[Any]] = {"done": [], "skipped": [], "failed": []}
    for task in tasks:
        replaced = (overwrite or (task.named and not skip)) and os.path.isfile(task.target)
        obstacle = "" if replaced else task.obstacle()
        if obstacle and skip:
            terminal.say(f"skipped: {obstacle}", "dim")
            results["skipped"].append({"source": task.source, "reason": obstacle})
            continue
        try:
            if obstacle:
                raise AudioFileError(obstacle)
            report = _do(processor, task)
        except AudioFileError as error:
            results["failed"].append({"source": task.source, "reason": str(error)})
            terminal.complain(str(error))
            continue
        results["done"].append({**asdict(report), "duration": report.duration, "speed": report.speed})
        _tell(report)
    if json:
        terminal.print_json(results)
    if results["failed"]:
        raise typer.Exit(1)


def _do(processor: Processor, task: Task) -> FileReport:
    parent = os.path.dirname(task.target)
    try:
        if parent and not os.path.isdir(parent):
            os.makedirs(parent)
    except OSError as error:
        raise AudioFileError(f"{parent} cannot be made: {error.strerror}") from None
    with bar() as progress, interrupts.kept() as check:
        line = progress.file(Path(task.source).name)

        def update(done: float, total: float | None) -> None:
            check()
            line.update(done, total)

        report = processor.run(task.source, task.target, update)
        check()
        return report


def _named(folder: str) -> str:
    """Write a folder so that its name stands last."""
    folder = os.path.normpath(folder)
    return os.path.abspath(folder) if os.path.basename(folder) in (os.curdir, os.pardir) else folder


def _check_folder(files: Sequence[str], output: str | None) -> None:
    folder = next(file for file in files if os.path.isdir(file))
    if len(files) > 1:
        raise ValueError(f"{folder} is a folder; give it alone, or use 'deepdenoise batch'")
    if output is not None and (output in ("", "-") or os.path.isfile(output)):
        raise ValueError(f"{folder} is a folder, so -o must name a folder")


def _check_pipes(tasks: Sequence[Task], json: bool) -> None:
    if any(task.target == "-" for task in tasks):
        if json:
            raise ValueError("--json and -o - would both write to standard output")
        if sys.stdout is None or sys.stdout.isatty():
            state = "closed" if sys.stdout is None else "a terminal"
            raise ValueError(f"standard output is {state}; give -o a file, or a pipe that takes the audio")
    if any(task.source == "-" for task in tasks) and (sys.stdin is None or sys.stdin.isatty()):
        state = "closed" if sys.stdin is None else "a terminal"
        raise ValueError(f"standard input is {state}; pipe a recording into it, or give a file")


def _tell(report: FileReport) -> None:
    for note in report.notes:
        terminal.say(f"{report.source}: {note}", "yellow")
    terminal.say(
        f"{report.source} -> {report.output}: {report.duration:.1f} s, {report.sample_rate} Hz, "
        f"{report.channels} channel{'s' if report.channels > 1 else ''}, {report.format}, {report.speed:.0f}x real time"
    )
