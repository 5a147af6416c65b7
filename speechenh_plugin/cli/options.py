"""Options that commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import typer

from ..controls import BY_NAME, PRESETS
from ..settings import Settings
from . import terminal

SOUND = "Sound"
FILES = "Files"
CHANNELS = "Channels"

_PURPOSES = ", ".join(preset.name for preset in PRESETS)


def _help(name: str) -> str:
    control = BY_NAME[name]
    unit = f", in {control.unit}" if control.unit else ""
    default = control.labels[round(control.default)] if control.labels else f"{control.default:g}"
    return f"{control.help}{unit}. \\[default: {default}]"


Preset = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"Settings for a purpose: {_PURPOSES}. Options beside it count more.",
        rich_help_panel=SOUND,
        autocompletion=lambda: [preset.name for preset in PRESETS],
    ),
]
Strength = Annotated[
    float | None,
    typer.Option(
        metavar="NUMBER", min=0, max=BY_NAME["strength"].maximum, help=_help("strength"), rich_help_panel=SOUND
    ),
]
ReductionLimit = Annotated[
    float | None,
    typer.Option(
        metavar="NUMBER",
        min=0,
        max=BY_NAME["reduction_limit_db"].maximum,
        help=_help("reduction_limit_db"),
        rich_help_panel=SOUND,
    ),
]
StereoLink = Annotated[
    bool | None,
    typer.Option("--stereo-link/--no-stereo-link", help=_help("stereo_link"), rich_help_panel=CHANNELS),
]
Listen = Annotated[
    Literal["result", "removed"] | None,
    typer.Option(metavar="result|removed", help=_help("listen"), rich_help_panel=SOUND),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A bundled model ('deepdenoise models' lists them), or the path of one. \\[default: the best bundled]",
        rich_help_panel=SOUND,
    ),
]
Chain = Annotated[
    str | None,
    typer.Option(
        metavar="CHAIN",
        help="Effects to follow: podcast (less rumble and boom, more presence, an even level), or a Python file with "
        "a function chain() that returns a list of pedalboard plug-ins.",
        rich_help_panel=SOUND,
    ),
]
Loudness = Annotated[
    float | None,
    typer.Option(
        metavar="LUFS",
        min=-69,
        max=-1,
        help="Bring the result to a loudness, as -16 for a podcast or -23 for broadcast, with no true peak above "
        "-1.5 dB.",
        rich_help_panel=SOUND,
    ),
]
KeepIncomplete = Annotated[
    bool,
    typer.Option(
        "--keep-incomplete",
        help="Make what there is of recordings that are cut short or damaged, instead of refusing them.",
        rich_help_panel=FILES,
    ),
]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="ENDING", help="Format to write, as flac. \\[default: as each source]"),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace results that exist; a file that -o names is replaced anyway.",
        rich_help_panel=FILES,
    ),
]
Skip = Annotated[
    bool, typer.Option("--skip", help="Leave recordings alone whose result exists.", rich_help_panel=FILES)
]
Json = Annotated[bool, typer.Option("--json", help="Tell the results as JSON on standard output.")]


def settings(
    *,
    preset: str | None = None,
    strength: float | None = None,
    reduction_limit: float | None = None,
    stereo_link: bool | None = None,
    listen: Literal["result", "removed"] | None = None,
    model: str | None = None,
) -> Settings:
    """Turn options into keyword arguments of `DeepDenoise`; those that are not given are the preset's or the default.

    Raises
    ------
    ValueError
        If there is no such preset.
    """
    chosen = Settings()
    if preset is not None:
        rows = [row for row in PRESETS if row.name == preset]
        if not rows:
            raise ValueError(f"there is no preset {preset!r}; choose one of {_PURPOSES}")
        chosen.update(rows[0].settings)  # type: ignore[typeddict-item]  # a test compares the names
    given = Settings(model=model)
    if strength is not None:
        given["strength"] = strength
    if reduction_limit is not None:
        given["reduction_limit_db"] = reduction_limit
    if stereo_link is not None:
        given["stereo_link"] = stereo_link
    if listen is not None:
        given["listen"] = listen
    return {**chosen, **given}


@contextmanager
def usage_errors() -> Iterator[None]:
    """Tell mistakes in the call in one sentence, with exit status 2."""
    try:
        yield
    except (ValueError, TypeError, FileNotFoundError) as error:
        terminal.fail(str(error), 2)
