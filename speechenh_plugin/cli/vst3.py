"""``deepdenoise vst3``: the plug-in for other hosts."""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from ..store import BUNDLE, bundle_path
from . import options, terminal

vst3 = typer.Typer(help="The VST3 plug-in, for DAWs.", no_args_is_help=True)


def user_folder() -> Path:
    """Folder in which DAWs look for a user's VST3 plug-ins, on this platform.

    Returns
    -------
    Path
        As Steinberg's "VST 3 Locations/Format" lists them.
    """
    if sys.platform == "win32":
        return Path(os.environ["LOCALAPPDATA"], "Programs", "Common", "VST3")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Audio" / "Plug-Ins" / "VST3"
    return Path.home() / ".vst3"


@vst3.command()
def path() -> None:
    """Tell where the plug-in lies."""
    with options.usage_errors():
        typer.echo(bundle_path())


@vst3.command()
def install(
    folder: Annotated[
        Path | None, typer.Option("--to", help="Folder to put it in. \\[default: where DAWs look for it]")
    ] = None,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Take it away again.")] = False,
) -> None:
    """Put the plug-in where DAWs look."""
    folder = folder or user_folder()
    target = folder / BUNDLE
    try:
        if uninstall:
            if not os.path.lexists(target):
                terminal.fail(f"there is no {target}")
            _remove(target)
            typer.echo(f"removed {target}")
            return
        with options.usage_errors():
            source = bundle_path()
        folder.mkdir(parents=True, exist_ok=True)
        fresh, old = folder / f".{BUNDLE}.new", folder / f".{BUNDLE}.old"
        for rest in (fresh, old):
            _remove(rest)
        try:
            shutil.copytree(source, fresh)
            if os.path.lexists(target):
                target.rename(old)
            fresh.rename(target)
        finally:
            _remove(fresh)
            if os.path.lexists(old) and not os.path.lexists(target):
                old.rename(target)
        with suppress(OSError):  # a DAW that has it open may hold it; the next call removes it
            _remove(old)
    except shutil.Error as error:
        _, place, reason = error.args[0][0]
        terminal.fail(f"{place} cannot be written: {reason}")
    except OSError as error:
        terminal.fail(f"{error.filename or target}: {error.strerror}")
    typer.echo(f"installed {target}; let your DAW scan its plug-ins")


def _remove(place: Path) -> None:
    """Remove a folder, a file, or a link but not what it leads to; or nothing."""
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)
