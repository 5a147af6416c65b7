"""What the parts of this room say to each other about a recording."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt
import soundfile

Audio = npt.NDArray[np.float32]
"""Samples of shape (channels, samples); full scale is 1."""


class Reader(Protocol):
    """A recording that is read from start to end.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    channels : int
        Number of channels.
    frames : int or None
        Length in samples; unknown in a pipe.
    format, subtype : str
        The container and the sample format, as `soundfile` names them.
    """

    sample_rate: int
    channels: int
    frames: int | None
    format: str
    subtype: str

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield the audio in arrays of shape (channels, up to `size`)."""

    def close(self) -> None:
        """Close the file."""


def reason(error: BaseException) -> str:
    """Return what went wrong, in the words of the system or the library."""
    if isinstance(error, soundfile.LibsndfileError):
        return str(error.error_string).strip().rstrip(".")
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
