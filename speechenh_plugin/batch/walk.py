"""Which files of a folder are wanted, which are left out, and why."""

import fnmatch
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..audio.formats import EXTENSIONS
from . import remote

# fmt: off
_FILMS = frozenset({
    ".3g2", ".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts",
    ".webm", ".wmv",
})
_MORE = frozenset({
    ".aac", ".ac3", ".amr", ".ape", ".awb", ".bwf", ".dts", ".eac3", ".gsm", ".m4b", ".m4r", ".mka", ".mp2", ".mpa",
    ".nist", ".ra", ".sph", ".spx", ".tta", ".voc", ".wave", ".wv",
})
# fmt: on

AUDIO = EXTENSIONS | _FILMS | _MORE
"""File name endings (lower case) that are taken for recordings when a folder is listed."""


@dataclass(frozen=True)
class LeftOut:
    """Something that a run passes over.

    Attributes
    ----------
    name : str
        Relative to the folder.
    reason : str
        Why, as a phrase that follows the name.
    """

    name: str
    reason: str


@dataclass
class Selection:
    """What `select` found.

    Attributes
    ----------
    files : dict of str to str
        The state (see `remote.state`) of each wanted file by its name relative to the folder, with ``/`` between parts.
    unreadable : dict of str to str
        What is wrong with each folder that cannot be read, by its relative name.
    left_out : list of LeftOut
        What nobody excluded, but is not done. Hidden files are not counted.
    """

    files: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


def select(source: str, output: str, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> Selection:
    """Choose the files of a folder.

    Links to files and folders are followed, as by ``find -L`` or ``rsync -L``; a link that leads to a folder above
    itself is not.

    Parameters
    ----------
    source : str
        Path or URL of the folder.
    output : str
        Folder that is passed over should it lie inside the source: it holds results.
    include : sequence of str
        Patterns of relative names, or of names without folders; upper and lower case are alike. By default, all
        endings of `AUDIO`.
    exclude : sequence of str
        Likewise, of what is not wanted; ``"folder/*"`` leaves out a folder.

    Returns
    -------
    Selection
    """
    found = Selection()
    wanted, unwanted = _pattern(include), _pattern(exclude)

    def file(name: str, entry: remote.Entry) -> None:
        if unwanted(name):
            return
        if include:
            chosen = wanted(name)
        else:
            chosen = "." + name.rpartition(".")[2].lower() in AUDIO
            if not chosen:
                found.left_out.append(LeftOut(name, "has no ending of audio files"))
        if chosen and entry.kind == "other":
            found.left_out.append(LeftOut(name, "is no regular file"))
        elif chosen:
            found.files[name] = entry.state

    def folder(name: str, path: str, chain: tuple[tuple[str, str], ...]) -> None:
        try:
            inside = remote.entries(path)
        except OSError as error:
            if not unwanted(f"{name}/"):
                found.unreadable[name] = error.strerror or str(error)
            return
        for entry in inside:
            if entry.name.startswith("."):
                continue
            below = f"{name}/{entry.name}" if name else entry.name
            if entry.kind != "folder":
                file(below, entry)
                continue
            system, real = chain[-1]
            path_below = remote.join(path, entry.name)
            here = remote.place(path_below) if entry.link else (system, f"{real.rstrip('/')}/{entry.name}")
            if here == results:
                continue
            if entry.link and any(_holds(here, passed) for passed in chain):
                found.left_out.append(LeftOut(below, "is a link that leads to a folder above itself"))
            elif not unwanted(f"{below}/"):
                folder(below, path_below, (*chain, here))

    results = remote.place(output)
    folder("", source, (remote.place(source),))
    return found


def _holds(folder: tuple[str, str], place: tuple[str, str]) -> bool:
    """Whether a place is a folder or lies below it."""
    return place == folder or (place[0] == folder[0] and place[1].startswith(f"{folder[1].rstrip('/')}/"))


def _pattern(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Give a function that tells whether a pattern fits a relative name, or the name without its folders."""
    lower = [pattern.lower() for pattern in patterns]

    def fits(name: str) -> bool:
        name = name.lower()
        return any(fnmatch.fnmatchcase(part, pattern) for pattern in lower for part in (name, name.rpartition("/")[2]))

    return fits


def outputs(names: Sequence[str], ending: str | None) -> Iterator[tuple[str, str]]:
    """Name the output of each file, relative to the output folder.

    Parameters
    ----------
    names : sequence of str
        Of the sources.
    ending : str, optional
        Format of the outputs, see `with_ending`.

    Yields
    ------
    tuple of str
        Source and output, each output once. Where two sources would give one output, the one that changes its ending
        keeps the old one before the new, which is written twice if that is taken as well.
    """
    renamed = {name: with_ending(name, ending) for name in names}
    # In some file systems upper and lower case are alike.
    taken = {name.lower() for name, output in renamed.items() if name == output}
    for name, output in renamed.items():
        if name != output:
            suffix = output.rpartition(".")[2]
            if output.lower() in taken:
                output = f"{name}.{suffix}"
            while output.lower() in taken:
                output = f"{output}.{suffix}"
            taken.add(output.lower())
        yield name, output


def with_ending(name: str, ending: str | None) -> str:
    """Name an output by its source.

    Parameters
    ----------
    name : str
        The source's, with or without folders.
    ending : str, optional
        Format of the output, such as ``"flac"``; by default that of the source, and WAV (with a picture, Matroska)
        for what can be read but not written.

    Returns
    -------
    str
    """
    stem, suffix = os.path.splitext(name)
    if ending is None:
        if suffix.lower() in EXTENSIONS or suffix.lower() not in AUDIO:
            return name
        ending = "mkv" if suffix.lower() in _FILMS else "wav"
    return f"{stem}.{ending.lstrip('.')}"
