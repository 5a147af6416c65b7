"""Headers of containers that hold samples as they are: what they state, which is not always true."""

from collections.abc import Callable

from ..source import Source
from . import aiff, au, caf, w64, wave
from .header import Header

_PARSERS: list[tuple[Callable[[bytes], bool], Callable[[Source], Header | None]]] = [
    (wave.matches, wave.parse),
    (w64.matches, w64.parse),
    (aiff.matches, aiff.parse),
    (au.matches, au.parse),
    (caf.matches, caf.parse),
]


def parse(source: Source) -> Header | None:
    """Read a header, by what the source begins with.

    Parameters
    ----------
    source : Source
        At its start; afterwards where the audio begins.

    Returns
    -------
    Header or None
        None for any other container. The source then is at its start, as far as it can go back.
    """
    head = source.peek(40)
    return next((parser(source) for matches, parser in _PARSERS if matches(head)), None)


__all__ = ["Header", "parse"]
