"""Where the results of files go, and what becomes of files that are there already."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..batch.walk import with_ending

SUFFIX = "_denoised"
"""What the name of a result ends in that lies beside its source."""


@dataclass(frozen=True)
class Task:
    """A file and its result.

    Attributes
    ----------
    source, target : str
        Paths; ``"-"`` is standard input or output.
    named : bool
        Whether the user named the result itself, not just its folder.
    """

    source: str
    target: str
    named: bool = False

    def obstacle(self) -> str:
        """Tell why the result should not be made unless somebody says so; empty if nothing stands against it.

        Nobody named the results that lie beside their sources or in a folder, so those that exist stay.
        """
        if (
            self.source != "-"
            and Path(self.source).stem.endswith(SUFFIX)
            and Path(self.target).stem.endswith(2 * SUFFIX)
        ):
            return f"{self.source} is a result itself by its name; give -o to denoise it again"
        if self.target == "-" or not os.path.isfile(self.target):
            return ""
        return f"{self.target} exists; --overwrite replaces it, --skip leaves it as it is"


def plan(files: Sequence[str], output: str | None, ending: str | None = None) -> list[Task]:
    """Name the result of each file.

    Parameters
    ----------
    files : sequence of str
        Paths, or ``"-"``.
    output : str, optional
        A file, a folder, or ``"-"``; by default each result lies beside its source.
    ending : str, optional
        Format of the results, such as ``"flac"``.

    Returns
    -------
    list of Task

    Raises
    ------
    ValueError
        If names are missing, or two results would have one name.
    """
    if "" in files:
        raise ValueError("a file's name is empty")
    if output == "":
        raise ValueError("-o names no file; leave it out for FILE_denoised beside each file")
    if output is None:
        tasks = [Task(file, _beside(file, ending)) for file in files]
    elif output == "-" or not _is_folder(output, len(files)):
        if len(files) > 1:
            raise ValueError(f"-o {output} takes one file; for several give it a folder, as -o {output}/")
        if ending is not None:
            raise ValueError("-o names the format by its ending; leave --format out")
        tasks = [Task(files[0], output, named=True)]
    else:
        if "-" in files:
            raise ValueError("standard input has no name; give -o a file")
        tasks = [Task(file, os.path.join(output, with_ending(os.path.basename(file), ending))) for file in files]
    _check(tasks)
    return tasks


def _is_folder(output: str, files: int) -> bool:
    if os.path.isdir(output) or output.endswith(("/", os.sep)):
        return True
    return files > 1 and not os.path.lexists(output) and not Path(output).suffix


def _beside(file: str, ending: str | None) -> str:
    if file == "-" or (os.path.exists(file) and not os.path.isfile(file)):  # a pipe
        return "-"
    named = Path(with_ending(file, ending))
    return os.fspath(named.with_name(f"{named.stem}{SUFFIX}{named.suffix}"))


def _check(tasks: Sequence[Task]) -> None:
    sources: dict[str, str] = {}
    for task in tasks:
        if task.target == "-":
            continue
        other = sources.setdefault(os.path.realpath(task.target), task.source)
        if other != task.source:
            raise ValueError(f"{other} and {task.source} would both become {task.target}; give them apart")
