"""``deepdenoise compare``: a picture and levels of a file before and after."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from .. import plots
from ..audio.atomic import partial_file
from ..audio.ffmpeg_reader import FfmpegReader
from ..audio.reader import open_reader
from ..effect import DeepDenoise
from ..errors import AudioFileError
from . import options, terminal


def compare(
    file: Annotated[str, typer.Argument(help="Audio file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Picture to write. \\[default: FILE_compare.png beside it]")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="How much of the file, from its start.")] = 60,
    preset: options.Preset = None,
    strength: options.Strength = None,
    reduction_limit: options.ReductionLimit = None,
    stereo_link: options.StereoLink = None,
    listen: options.Listen = None,
    model: options.Model = None,
    overwrite: options.Overwrite = False,
    json: options.Json = False,
) -> None:
    """Draw a file before and after, and tell its levels."""
    path = output or Path(file).with_name(f"{Path(file).stem}_compare.png")
    if output is None and path.exists() and not overwrite:
        terminal.fail(f"{path} exists; --overwrite replaces it, -o names another")
    with options.usage_errors():
        effect = DeepDenoise(
            **options.settings(
                preset=preset,
                strength=strength,
                reduction_limit=reduction_limit,
                stereo_link=stereo_link,
                listen=listen,
                model=model,
            )
        )
    try:
        audio, rate = _read(file, seconds)
        result = effect.process(audio, rate).mean(axis=0)
        original = audio.mean(axis=0)
        with partial_file(path) as partial:
            plots.before_after(original, result, rate, partial, Path(file).name)
    except (AudioFileError, ValueError, OSError, ModuleNotFoundError) as error:
        terminal.fail(str(error))
    measured = {"before": plots.levels(original, rate), "after": plots.levels(result, rate)}
    if json:
        terminal.print_json({"picture": str(path), **{name: asdict(level) for name, level in measured.items()}})
        return
    table = Table("", "before", "after", "change")
    for key, label in (("peak_db", "peak"), ("rms_db", "mean power"), ("noise_floor_db", "pauses")):
        old, new = (getattr(level, key) for level in measured.values())
        table.add_row(label, f"{old:.1f} dBFS", f"{new:.1f} dBFS", f"{new - old:+.1f} dB")
    console = Console()
    console.print(table)
    console.print(f"picture: {path}", highlight=False, markup=False, soft_wrap=True)


def _read(file: str, seconds: float) -> tuple[plots.Audio, int]:
    reader = open_reader(file)
    try:
        if isinstance(reader, FfmpegReader):
            reader.lead = True  # as in what was taken out of a film
        wanted = round(seconds * reader.sample_rate)
        if reader.expected is None or reader.expected > wanted:
            block = next(reader.blocks(wanted), None)
            blocks = [] if block is None else [block]
        else:
            blocks = list(reader.blocks(wanted))
        if not blocks:
            raise AudioFileError(f"{file} holds no sample")
        return np.concatenate(blocks, axis=1), reader.sample_rate
    finally:
        reader.close()
