"""Decoding by libsndfile."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import soundfile

from ..errors import AudioFileError
from .recording import Audio, Form, Incomplete, Reader, check_complete, check_undamaged, reason
from .source import Part, Source


class Stream(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A file that is read or written from start to end.

    Where it could seek, soundfile does so after every block, and some decoders then start anew amid a stream.
    """

    def seekable(self) -> bool:
        """Return False."""
        return False


class _Calls:
    """A source as libsndfile calls it: what a call raises first is kept, for C cannot pass it on."""

    def __init__(self, source: Source | Part) -> None:
        self._source = source
        self._raised: BaseException | None = None

    def readinto(self, buffer: Any) -> int:
        """Read; nothing where that fails."""
        return self._call(self._source.readinto, buffer)

    def seek(self, offset: int, whence: int) -> int:
        """Go to a place."""
        return self._call(self._source.seek, offset, whence)

    def tell(self) -> int:
        """Return how many bytes lie before the next one."""
        return self._source.tell()

    def check(self) -> None:
        """Raise what a call raised."""
        raised, self._raised = self._raised, None
        if isinstance(raised, OSError):
            raise AudioFileError(f"{self._source.label} cannot be read: {raised.strerror or raised}") from None
        if raised is not None:
            raise raised

    def _call(self, function: Callable[..., int], *arguments: Any) -> int:
        try:
            return function(*arguments)
        except BaseException as error:  # an interrupt, too
            self._raised = self._raised or error
            return 0


class SoundFileReader(Reader):
    """Reads what libsndfile decodes.

    Parameters
    ----------
    source : Source or Part
        A file, at its start.
    incomplete : {"refuse", "keep"}
        What to do with a recording that was cut short or damaged.
    cut : bool
        Whether it is known to be cut short or never finished.
    before : int
        Samples of the recording that lie before this part of it: messages count from its start.

    Raises
    ------
    AudioFileError
        If libsndfile does not know it.
    """

    def __init__(self, source: Source | Part, incomplete: Incomplete, *, cut: bool = False, before: int = 0) -> None:
        self._source, self._incomplete, self._cut, self._before = source, incomplete, cut, before
        self._calls = _Calls(source)
        try:
            self._file = Stream(self._calls)
            self._calls.check()
        except (soundfile.SoundFileError, OSError, TypeError) as error:
            self._calls.check()
            raise AudioFileError(
                f"{source.label} is not audio in a format that can be read here ({reason(error)})"
            ) from None
        form = Form(self._file.samplerate, self._file.channels, self._file.format, self._file.subtype)
        super().__init__(form, None, self._file.frames)

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield the audio in arrays of shape (channels, `size`), the last one shorter."""
        done = self._before
        label, rate = self._source.label, self.sample_rate
        while True:
            try:
                block = self._file.read(size, dtype="float32", always_2d=True)
                self._calls.check()
            except (soundfile.SoundFileError, OSError, AssertionError) as error:
                self._calls.check()
                check_undamaged(self._incomplete, self.notes, label, done / rate, reason(error))
                return
            if not len(block):
                break
            done += len(block)
            yield np.ascontiguousarray(block.T)
        stated = self._before + (self.expected or 0)
        if self._cut or done < stated:
            check_complete(self._incomplete, self.notes, label, done / rate, stated / rate)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._source.close()
