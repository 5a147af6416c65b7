"""Options and messages that commands share."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from ..audio.files import Settings
from ..effect import REDUCTION_LIMIT_OFF

errors = Console(stderr=True, highlight=False, soft_wrap=True)
"""Where people read; standard output is for audio and ``--json``."""

Strength = Annotated[float, typer.Option(min=0, max=100, help="How much of the effect, in %.")]
ReductionLimit = Annotated[
    float,
    typer.Option(min=0, max=REDUCTION_LIMIT_OFF, help="The most that is taken away anywhere, in dB; 100 is no limit."),
]
StereoLink = Annotated[bool, typer.Option(help="One gain for all channels, or one for each.")]
Listen = Annotated[Literal["result", "removed"], typer.Option(help="What to give.")]
Model = Annotated[str | None, typer.Option(help="A bundled model, or the path of one. \\[default: the best bundled]")]
Json = Annotated[bool, typer.Option("--json", help="Tell the results as JSON on standard output.")]


def settings(
    strength: float, reduction_limit: float, stereo_link: bool, listen: Literal["result", "removed"], model: str | None
) -> Settings:
    """Turn options into keyword arguments of `DeepDenoise`."""
    return Settings(
        strength=strength, reduction_limit_db=reduction_limit, stereo_link=stereo_link, listen=listen, model=model
    )


@contextmanager
def usage_errors() -> Iterator[None]:
    """Tell mistakes in the call in one sentence, with exit status 2."""
    try:
        yield
    except (ValueError, TypeError, FileNotFoundError) as error:
        fail(str(error), 2)
    except OSError as error:
        fail(f"{error.filename or 'a file'}: {error.strerror or error}")


def fail(message: str, status: int = 1) -> NoReturn:
    """Print what is wrong, and end."""
    errors.print(f"[red]deepdenoise:[/] {escape(message)}")
    raise typer.Exit(status)


def print_json(data: Any) -> None:
    """Print one JSON document on standard output."""
    typer.echo(json.dumps(data, indent=1, ensure_ascii=False))
