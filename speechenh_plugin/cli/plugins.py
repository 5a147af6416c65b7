"""``deepdenoise plugins``: the effect in other programs."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from .. import plugins as places
from .. import store, virtual_microphone
from ..controls import BY_NAME
from . import options, terminal

plugins = typer.Typer(help="VST3, LV2, LADSPA and CLAP plug-ins, for other programs.", no_args_is_help=True)

Name = Literal["vst3", "lv2", "ladspa", "clap"]
Which = Annotated[Name | None, typer.Argument(help="One of the formats. \\[default: all that hosts here look for]")]
To = Annotated[Path | None, typer.Option("--to", help="A folder other than the one where hosts look; for one format.")]


@contextmanager
def _file_errors(place: Path) -> Iterator[None]:
    """Tell what cannot be written, with exit status 1."""
    try:
        yield
    except shutil.Error as error:
        _, failed, reason = error.args[0][0]
        terminal.fail(f"{failed} cannot be written: {reason}")
    except OSError as error:
        if error.errno is None:  # a sentence of ours
            raise
        terminal.fail(f"{error.filename or place}: {error.strerror or error}")


def _chosen(name: Name | None, to: Path | None) -> list[str]:
    if to is not None and name is None:
        terminal.fail("--to needs to know which plug-in: vst3, lv2, ladspa or clap", 2)
    return [name] if name else places.defaults()


def _tell_own_models(name: str, to: Path | None) -> None:
    """Tell which models of the user's own stay."""
    for model in places.own_models(name, to):
        typer.echo(f"{places.FORMATS[name].title}: kept {model}, which is not the package's")


@plugins.command()
def path(name: Which = None) -> None:
    """Tell where a plug-in lies in this package, where it works as well."""
    with options.usage_errors():
        if name:
            typer.echo(places.packaged(name))
        else:
            for each in places.FORMATS:
                typer.echo(f"{each}: {places.packaged(each)}")


@plugins.command()
def install(name: Which = None, to: To = None) -> None:
    """Put plug-ins where hosts look."""
    for each in _chosen(name, to):
        with options.usage_errors():
            places.packaged(each)
        with _file_errors(to or places.user_folder(each)):
            target = places.install(each, to)
        hint = places.FORMATS[each].hosts.replace("FILE", str(target))
        typer.echo(f"{places.FORMATS[each].title}: installed {target}; {hint}")
        _tell_own_models(each, to)


@plugins.command()
def uninstall(name: Which = None, to: To = None) -> None:
    """Take them away again."""
    removed = 0
    for each in _chosen(name, to):
        try:
            with _file_errors(to or places.user_folder(each)):
                target = places.uninstall(each, to)
        except FileNotFoundError as error:
            if name:
                terminal.fail(str(error))
            continue
        removed += 1
        typer.echo(f"{places.FORMATS[each].title}: removed {target}")
        _tell_own_models(each, to)
        microphone = virtual_microphone.default_path()
        if each == "ladspa" and to is None and microphone.exists():  # it is made of that plug-in
            with _file_errors(microphone):
                microphone.unlink()
            typer.echo(f"PipeWire: removed {microphone}")
    if removed == 0:
        terminal.fail("no plug-in is installed")


@plugins.command("virtual-mic")
def virtual_mic(
    strength: options.Strength = None,
    reduction_limit: options.ReductionLimit = None,
    model: Annotated[
        str | None,
        typer.Option(help="A bundled model, or one of your own in ~/.ladspa/deepdenoise. \\[default: the best]"),
    ] = None,
    microphone: Annotated[
        str | None, typer.Option(help="PipeWire's name of the real microphone. \\[default: the default one]")
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="File to write. \\[default: PipeWire's own place]")] = None,
) -> None:
    """Make a microphone without noise for meetings: a file for PipeWire, on Linux."""
    if sys.platform != "linux":
        terminal.fail("PipeWire is Linux's; elsewhere, a DAW and a virtual cable make a virtual microphone", 2)
    target = to or virtual_microphone.default_path()
    with options.usage_errors():
        places.packaged("ladspa")
        listed = {path.stem: path for path in places.listed_models("ladspa")}
        if model is not None and model not in listed:
            raise ValueError(f"there is no model {model} for the LADSPA plug-in; there are: {', '.join(listed)}")
        if model is not None:
            store.resolve(listed[model])  # the plug-in would pass over a damaged one without a word
        place = [*listed].index(model) if model is not None else 0
    with _file_errors(target):
        plugin = places.install("ladspa")
        given = {"strength": strength, "reduction_limit_db": reduction_limit}
        settings = {name: BY_NAME[name].default if value is None else value for name, value in given.items()}
        text = virtual_microphone.configuration(plugin, settings, place, microphone)
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.new")
        fresh.write_text(text, "utf-8")
        fresh.replace(target)
    typer.echo(
        f"wrote {target}; start PipeWire anew with 'systemctl --user restart pipewire', and "
        f"choose '{virtual_microphone.DESCRIPTION}' as microphone in the meeting; deleting the file takes it away"
    )
