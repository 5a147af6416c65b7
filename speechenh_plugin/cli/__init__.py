"""The command ``deepdenoise``."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .batch import batch
from .compare import compare
from .denoise import denoise
from .live import live
from .models import models
from .vst3 import vst3


class _Group(TyperGroup):
    """Commands, the first of which needs no name: ``deepdenoise in.wav -o out.wav``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h", "--version"):
            args = ["denoise", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"deepdenoise {version('speechenh-plugin')}")
        raise typer.Exit


@app.callback(epilog="Exit status: 0 all done, 1 some files failed, 2 wrong usage.")
def main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Tell the version.")] = (
        False
    ),
) -> None:
    """Remove noise from speech: [b]deepdenoise in.wav -o out.wav[/b]."""


app.command()(denoise)
app.command()(batch)
app.command()(compare)
app.command()(models)
app.add_typer(vst3, name="vst3")
app.command()(live)
