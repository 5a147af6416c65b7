"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Lend a name to write a file under; it takes its own in the end, so a kill leaves the old file or the new one.

    Parameters
    ----------
    path
        Of the file; its folder must exist.

    Yields
    ------
    Path
        Hidden, in the same folder, with the same ending, another one in each process. An exception removes what is
        there; a kill leaves it.

    Examples
    --------
    >>> with whole(Path("notes.txt")) as part:  # doctest: +SKIP
    ...     part.write_text("all of it")
    """
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a file of text whole or not at all, in UTF-8."""
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")
