"""Decoding by libsndfile."""

from collections.abc import Iterator
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
    """A source as libsndfile calls it: what a call raises is kept, for C cannot pass it on."""

    def __init__(self, source: Source | Part) -> None:
        self._source = source
        self._raised: BaseException | None = None

    def readinto(self, buffer: Any) -> int:
        """Read; nothing where that fails."""
        try:
            return self._source.readinto(buffer)
        except BaseException as error:  # an interrupt, too
            self._raised = error
            return 0

    def seek(self, offset: int, whence: int) -> int:
        """Go to a place."""
        try:
            return self._source.seek(offset, whence)
        except BaseException as error:
            self._raised = error
            return -1

    def tell(self) -> int:
        """Return how many bytes lie before the next one."""
        return self._source.tell()

    def check(self) -> None:
        """Raise what a call raised."""
        if self._raised is not None:
            raised, self._raised = self._raised, None
            raise raised


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

    Raises
    ------
    AudioFileError
        If libsndfile does not know it.
    """

    def __init__(self, source: Source | Part, incomplete: Incomplete, *, cut: bool = False) -> None:
        self._source, self._incomplete, self._cut = source, incomplete, cut
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
        done = 0
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
        stated = self.expected or 0
        if self._cut or done < stated:
            check_complete(self._incomplete, self.notes, label, done / rate, stated / rate)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._source.close()
