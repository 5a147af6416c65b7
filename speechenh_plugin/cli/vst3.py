"""``deepdenoise vst3``: ``deepdenoise plugins`` for VST3 alone, as it was called before there were others."""

from typing import Annotated

import typer

from .plugins import To
from .plugins import install as install_plugin
from .plugins import path as tell_path
from .plugins import uninstall as uninstall_plugin

vst3 = typer.Typer(help="The VST3 plug-in, for DAWs: the same as 'plugins ... vst3'.", no_args_is_help=True)


@vst3.command()
def path() -> None:
    """Tell where the plug-in lies."""
    tell_path("vst3")


@vst3.command()
def install(
    folder: To = None,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Take it away again.")] = False,
) -> None:
    """Put the plug-in where DAWs look."""
    (uninstall_plugin if uninstall else install_plugin)("vst3", folder)
