"""What the parts of this package say to each other about a recording."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import soundfile

from ..errors import AudioFileError, AudioWriteError

Audio = npt.NDArray[np.float32]
"""Samples of shape (channels, samples); full scale is 1."""

Incomplete = Literal["refuse", "keep"]
"""What to do with a recording that was cut short, damaged or never finished."""

_HINT = 'to save what there is, use --keep-incomplete (in Python: incomplete="keep")'


@dataclass(frozen=True)
class Form:
    """How a recording is stored.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    channels : int
        Number of channels.
    container, subtype : str
        The file format and the sample format. Those that libsndfile writes are named as `soundfile` does.
    mask : int or None
        Loudspeakers of the channels, as in `layout`.
    valid_bits : int or None
        Bits of a sample that are used, where that is fewer than there are.
    """

    sample_rate: int
    channels: int
    container: str
    subtype: str
    mask: int | None = None
    valid_bits: int | None = None


@dataclass
class Reader:
    """A recording that is read once, from start to end.

    Attributes
    ----------
    form : Form
        How it is stored.
    frames : int or None
        Length in samples, where it is known for certain before the end.
    expected : int or None
        Length in samples as it is stated or guessed: for showing progress, and for nothing else.
    notes : list of str
        What the user should know of it.
    path : str or None
        Where it can be read again; None in a pipe.
    """

    form: Form
    frames: int | None
    expected: int | None
    notes: list[str] = field(default_factory=list)
    path: str | None = None

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self.form.sample_rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.form.channels

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield the audio in arrays of shape (channels, `size`), the last one shorter.

        Raises
        ------
        AudioFileError
            If it is cut short, damaged or was never finished, and is not to be kept so.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Close the file."""


class Writer:
    """A recording that is written once, from start to end.

    Parameters
    ----------
    name : str
        What errors call it.
    subtype : str
        Sample format.
    notes : list of str
        What the user should know of it.

    Attributes
    ----------
    frames : int
        Samples that were written.
    clipped : int
        Samples of all channels that lay beyond full scale, where the format has no room for them.
    subtype, notes
        As above.
    """

    def __init__(self, name: str, subtype: str, notes: list[str]) -> None:
        self._name, self.subtype, self.notes, self.frames, self.clipped = name, subtype, notes, 0, 0

    def write(self, audio: Audio) -> None:
        """Append a block of shape (channels, samples).

        Raises
        ------
        AudioWriteError
            If the disk is full, or the pipe closed.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Finish the recording, and make sure that all samples arrived.

        Raises
        ------
        AudioWriteError
            If the disk is full, or the pipe closed.
        """
        raise NotImplementedError

    def abort(self) -> None:
        """Give the recording up after an error."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Finish the recording, or give it up after an error."""
        if kind is not None:
            self.abort()
            return
        try:
            self.close()
        except BaseException:
            self.abort()
            raise


def write_error(name: str, why: BaseException | str) -> AudioWriteError:
    """Return an error that says why a recording cannot be written."""
    if isinstance(why, AudioWriteError):
        return why
    if isinstance(why, OSError) and why.errno == errno.ENOSPC:
        return AudioWriteError(f"{name} cannot be written: the disk is full")
    return AudioWriteError(f"{name} cannot be written: {why if isinstance(why, str) else reason(why)}")


def no_sample(name: str, container: str) -> AudioWriteError:
    """Return an error for a recording without a sample, in a format that cannot hold that."""
    return write_error(name, f"the recording holds no sample, and {container} needs one; WAV, AIFF and CAF do not")


def check_complete(
    incomplete: Incomplete, notes: list[str], name: str, found: float, stated: float | None = None
) -> None:
    """Refuse a recording that was cut short or never finished, or note it: one sentence for all formats.

    Parameters
    ----------
    incomplete : {"refuse", "keep"}
        What to do.
    notes : list of str
        Where it is noted.
    name : str
        What messages call the recording.
    found, stated : float
        Seconds of audio.

    Raises
    ------
    AudioFileError
        If `incomplete` is ``"refuse"``.
    """
    of = "" if stated is None else f" of {stated:.2f}"
    sentence = f"{name} is cut short or was never finished: {found:.2f}{of} s of audio can be read"
    if incomplete == "refuse":
        raise AudioFileError(f"{sentence}; {_HINT}")
    notes.append(sentence)


def check_undamaged(incomplete: Incomplete, notes: list[str], name: str, seconds: float, why: str) -> None:
    """Refuse a recording that cannot be decoded at a place, or note it.

    Parameters
    ----------
    incomplete, notes, name
        As of `check_complete`.
    seconds : float
        Where it is damaged.
    why : str
        What the decoder says.

    Raises
    ------
    AudioFileError
        If `incomplete` is ``"refuse"``.
    """
    sentence = f"{name} is damaged at {seconds:.2f} s ({why})"
    if incomplete == "refuse":
        raise AudioFileError(f"{sentence}; {_HINT}")
    notes.append(sentence)


def reblock(parts: Iterator[Audio], size: int) -> Iterator[Audio]:
    """Yield arrays of `size` samples, the last one shorter, from arrays of any length."""
    waiting: list[Audio] = []
    count = 0
    for part in parts:
        waiting.append(part)
        count += part.shape[1]
        if count >= size:
            joined = np.concatenate(waiting, axis=1)
            whole = count - count % size
            for start in range(0, whole, size):
                yield joined[:, start : start + size]
            waiting, count = [joined[:, whole:]], count - whole
    if count:
        yield np.concatenate(waiting, axis=1)


def reason(error: BaseException) -> str:
    """Return what went wrong, in the words of the system or the library."""
    if isinstance(error, soundfile.LibsndfileError):
        return str(error.error_string).strip().rstrip(".")
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
