"""The command ``deepdenoise``."""

from typing import Annotated

import typer

from ..controls import PRESETS
from .batch import batch
from .compare import compare
from .denoise import denoise
from .group import Group
from .live import live
from .models import models
from .plugins import plugins
from .vst3 import vst3

_EXAMPLES = """
[b]Examples[/]

  deepdenoise talk.wav
  [dim]makes talk_denoised.wav[/]

  deepdenoise talk.m4a -o talk.mp3 --preset podcast --loudness -16
  [dim]a podcast, from the phone to the upload[/]

  deepdenoise a.wav b.flac -o clean/
  [dim]several files into a folder[/]

  deepdenoise batch recordings clean
  [dim]a folder with all below it, several files at once[/]

  ffmpeg -i film.mkv -f wav - | deepdenoise - -o - | aplay
  [dim]through pipes[/]

Exit status: 0 all done, 1 some files failed, 2 wrong usage, 130 stopped.
"""

_PRESETS = "\n\n".join(["[b]Presets[/]", *(f"  {row.name}: [dim]{row.help}[/]" for row in PRESETS)])

app = typer.Typer(
    cls=Group,
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


@app.callback(epilog=_EXAMPLES)
def main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Tell the version.")] = (
        False
    ),
) -> None:
    """Remove noise from speech: [b]deepdenoise FILE...[/].

    All options of it: [b]deepdenoise denoise --help[/].
    """


app.command(epilog=_PRESETS)(denoise)
app.command(epilog=_PRESETS)(batch)
app.command()(compare)
app.command()(models)
app.add_typer(plugins, name="plugins")
app.add_typer(vst3, name="vst3")
app.command()(live)
