"""Where hosts look for plug-ins, and putting them there."""

import errno
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from . import modelfile, preset, store
from .controls import CONTROLS, PRESETS, Preset

VENDOR = NAME = "DeepDenoise"


@dataclass(frozen=True)
class Format:
    """A plug-in interface.

    Attributes
    ----------
    title : str
        As people write it.
    file : str
        The plug-in's path in the package.
    linux, macos, windows : str
        A user's folder for its plug-ins: below the home, and on Windows below the folder that an environment variable
        names.
    hosts : str
        What to do next, in the hosts that people use.
    """

    title: str
    file: str
    linux: str
    macos: str
    windows: str
    hosts: str


_LIBRARY = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")

FORMATS = {
    "vst3": Format(
        "VST3",
        store.BUNDLE,
        ".vst3",
        "Library/Audio/Plug-Ins/VST3",
        "LOCALAPPDATA/Programs/Common/VST3",
        "let your DAW scan its plug-ins (Reaper: Preferences, VST, Re-scan; Ardour: Preferences, Plugins, Scan)",
    ),
    "lv2": Format(
        "LV2",
        "lv2/deepdenoise.lv2",
        ".lv2",
        "Library/Audio/Plug-Ins/LV2",
        "APPDATA/LV2",
        "start Ardour, Carla or Audacity anew",
    ),
    "ladspa": Format(
        "LADSPA",
        f"ladspa/deepdenoise{_LIBRARY}",
        ".ladspa",
        "Library/Audio/Plug-Ins/LADSPA",
        "APPDATA/LADSPA",
        "sox IN OUT ladspa -l FILE deepdenoise_mono 100 40; "
        "ffmpeg -i IN -af ladspa=file=FILE:plugin=deepdenoise_mono:latency=1 OUT",
    ),
    "clap": Format(
        "CLAP",
        "clap/DeepDenoise.clap",
        ".clap",
        "Library/Audio/Plug-Ins/CLAP",
        "LOCALAPPDATA/Programs/Common/CLAP",
        "let your DAW scan its plug-ins (Reaper: Preferences, CLAP, Re-scan; Bitwig does it by itself)",
    ),
}
"""By the name that commands take."""


def defaults() -> list[str]:
    """Name the formats that hosts on this platform look for: outside Linux, none looks for LADSPA."""
    return [name for name in FORMATS if name != "ladspa" or sys.platform == "linux"]


def packaged(name: str) -> Path:
    """Path of a plug-in in the package, where it works as well.

    Parameters
    ----------
    name : str
        Of `FORMATS`.

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        If the package was never built.
    """
    return store.installed(FORMATS[name].file)


def user_folder(name: str) -> Path:
    """Folder in which hosts look for a user's plug-ins, on this platform.

    Parameters
    ----------
    name : str
        Of `FORMATS`.

    Returns
    -------
    Path
    """
    kind = FORMATS[name]
    if sys.platform == "win32":
        variable, _, rest = kind.windows.partition("/")
        return Path(os.environ[variable], rest)
    return Path.home() / (kind.macos if sys.platform == "darwin" else kind.linux)


def preset_folder() -> Path:
    """Folder in which VST3 hosts look for a user's presets of the plug-in, on this platform.

    Returns
    -------
    Path
        As Steinberg's "Preset Locations" lists them.
    """
    if sys.platform == "win32":
        return Path.home() / "Documents" / "VST3 Presets" / VENDOR / NAME
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Audio" / "Presets" / VENDOR / NAME
    return Path.home() / ".vst3" / "presets" / VENDOR / NAME


def install(name: str, folder: Path | None = None) -> Path:
    """Put a plug-in, its models and its presets where hosts look; what was there is replaced only by a whole one.

    Models of the user's own that lie beside those of the package stay, see `own_models`.

    Files are links to those of the package where the file system allows it, and copies elsewhere.

    Parameters
    ----------
    name : str
        Of `FORMATS`.
    folder : Path, optional
        Another than `user_folder`; the presets of VST3, which hosts look for elsewhere, are then left out.

    Returns
    -------
    Path
        The plug-in.

    Raises
    ------
    FileNotFoundError
        If the package was never built.
    OSError
        If a place cannot be written, or the folder for the models holds something else; nothing has changed then.
    """
    source, target = packaged(name), _target(name, folder)
    models = _models_of(target)
    _check_ours(target, models)
    own = own_models(name, folder)
    if models.is_relative_to(target):
        inside = models.relative_to(target)
        parts = [_Part(target, lambda to: _copy_bundle(source, to, to / inside, own))]
    else:
        parts = [
            _Part(target, lambda to: _link(str(source), str(to))),
            _Part(models, lambda to: _copy_models(to, [*_package_models(), *own])),
        ]
    if name == "vst3" and folder is None:
        parts += [_Part(path, partial(_write_preset, row)) for row, path in _preset_files().items()]
    _replace(parts)
    return target


def uninstall(name: str, folder: Path | None = None) -> Path:
    """Take away what `install` put there, but no models of the user's own.

    Parameters
    ----------
    name, folder
        As of `install`.

    Returns
    -------
    Path
        Where the plug-in was.

    Raises
    ------
    FileNotFoundError
        If it is not there, or the package was never built.
    OSError
        If it cannot be removed.
    """
    target = _target(name, folder)
    missing = FileNotFoundError(f"there is no {target}")
    if not os.path.lexists(target):
        raise missing
    models = _models_of(target)
    _check_ours(target, models)
    own = own_models(name, folder)
    if not _remove_but(target, own):  # a bundle of which an earlier call has left the user's models
        raise missing
    if not models.is_relative_to(target):
        _remove_but(models, own)
    if name == "vst3" and folder is None:
        for path in _preset_files().values():
            remove(path)
        with suppress(OSError):  # a user's own presets may lie there too
            preset_folder().rmdir()
    return target


def own_models(name: str, folder: Path | None = None) -> list[Path]:
    """List the models that a user has put beside those of an installed plug-in.

    Parameters
    ----------
    name, folder
        As of `install`.

    Returns
    -------
    list of Path
        By name; those whose names the package has are the package's.
    """
    ours = {path.name for path in _package_models()}
    return [path for path in sorted(_models_of(_target(name, folder)).glob("*.ddn")) if path.name not in ours]


def listed_models(name: str, folder: Path | None = None) -> list[Path]:
    """List the models from which a plug-in lets choose once it is installed.

    Parameters
    ----------
    name, folder
        As of `install`.

    Returns
    -------
    list of Path
        In the order of its list, as native/shell/bundled.cpp has it.
    """
    ranked = []
    for path in [*_package_models(), *own_models(name, folder)]:
        with suppress(OSError, ValueError), path.open("rb") as file:  # it passes over what is no model
            ranked.append((modelfile.read_rank(file.read(modelfile.LABEL)), path.stem, path))
    return [path for *_, path in sorted(ranked)]


def remove(path: Path) -> None:
    """Remove a folder, a file, or a link but not what it leads to; or nothing."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def _remove_but(path: Path, kept: list[Path]) -> bool:
    """Remove as `remove` does, but for these files and the folders that hold them; tell whether anything went."""
    if path in kept:
        return False
    if path.is_symlink() or not any(each.is_relative_to(path) for each in kept):
        there = os.path.lexists(path)
        remove(path)
        return there
    return any([_remove_but(inside, kept) for inside in path.iterdir()])


_OF_DESKTOPS = {".DS_Store", ".directory", "Thumbs.db", "desktop.ini"}
"""Files that file managers leave in any folder."""


def _check_ours(target: Path, models: Path) -> None:
    """Refuse a folder of the models' name that is somebody else's."""
    beside = not models.is_relative_to(target) and models.is_dir()
    if beside and any(path.suffix != ".ddn" and path.name not in _OF_DESKTOPS for path in models.iterdir()):
        raise FileExistsError(errno.EEXIST, "holds files that are not the plug-in's; move it away", str(models))


def _target(name: str, folder: Path | None) -> Path:
    """Where a plug-in is installed."""
    return (folder or user_folder(name)) / Path(FORMATS[name].file).name


def _models_of(plugin: Path) -> Path:
    """Where an installed plug-in looks for its models, as native/shell/bundled.h says."""
    if plugin.suffix == ".lv2":
        return plugin / "deepdenoise"
    if plugin.suffix == ".vst3" or (plugin.suffix == ".clap" and sys.platform == "darwin"):
        return plugin / "Contents" / "Resources"
    return plugin.with_suffix("")


def _preset_files() -> dict[Preset, Path]:
    return {row: preset_folder() / f"{row.title}.vstpreset" for row in PRESETS}


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or a file system without links
        shutil.copy2(source, target)


def _copy_bundle(source: Path, target: Path, models: Path, own: list[Path]) -> None:
    shutil.copytree(source, target, copy_function=_link)
    _copy_models(models, own if any(models.glob("*.ddn")) else [*_package_models(), *own])


def _package_models() -> list[Path]:
    return sorted((packaged("vst3") / "Contents" / "Resources").glob("*.ddn"))


def _copy_models(target: Path, models: list[Path]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in models:
        _link(str(path), str(target / path.name))


def _write_preset(row: Preset, target: Path) -> None:
    values = {id: row.values.get(control.name, control.default) for id, control in enumerate(CONTROLS)}
    state = preset.State(values, "")  # without a model: that in use stays
    target.write_bytes(preset.pack_preset(state, preset.class_id(packaged("vst3"))))


class _Part(NamedTuple):
    """Something to put in place, and what makes it at the path that it is given."""

    target: Path
    make: Callable[[Path], None]


def _replace(parts: list[_Part]) -> None:
    """Make each part beside its place, then put all in place; if that fails, nothing has changed."""
    fresh, old = (
        {part.target: part.target.with_name(f".{part.target.name}.{end}") for part in parts} for end in ("new", "old")
    )
    placed: list[Path] = []
    try:
        for target, make in parts:
            target.parent.mkdir(parents=True, exist_ok=True)
            for rest in (fresh[target], old[target]):
                remove(rest)
            make(fresh[target])
        for target, _ in parts:
            if os.path.lexists(target):
                target.rename(old[target])
            fresh[target].rename(target)
            placed.append(target)
    except BaseException:
        for target, _ in parts:
            if target in placed:
                remove(target)
            if os.path.lexists(old[target]) and not os.path.lexists(target):
                old[target].rename(target)
        raise
    finally:
        for path in fresh.values():
            remove(path)
    with suppress(OSError):  # a host that has it open may hold it; the next call removes it
        for path in old.values():
            remove(path)
