"""The bytes of a recording: a file, or a pipe that is read once."""

import io
import os
import stat
import sys
import tempfile
from typing import Any, BinaryIO, Self

from ..errors import AudioFileError

_STEP = 2**20
_TAIL = 2**17  # holds the longest page of Ogg twice


class Source(io.RawIOBase):
    """A recording's bytes, read forward; where they are a file, also from any place.

    Opened by Python, so that a name may be any bytes that the system takes, and no library takes it for a URL.

    Parameters
    ----------
    path : str
        ``"-"`` is standard input; a path may also lead to a pipe or to a device.

    Attributes
    ----------
    label : str
        What messages call it.
    size : int or None
        Length in bytes; None in a pipe.
    is_file : bool
        Whether its path can be opened again.

    Raises
    ------
    AudioFileError
        If it cannot be opened, or is empty.
    """

    name = ""  # by its content, never by its ending, FFmpeg is to know a file

    def __init__(self, path: str) -> None:
        super().__init__()
        self.label = "standard input" if path == "-" else printable(path)
        self._owned = path != "-"
        self._ahead = b""
        self._tail = b""
        self._kept: bytearray | None = None
        self._position = 0
        try:
            self._file: BinaryIO = sys.stdin.buffer if path == "-" else open(path, "rb", buffering=0)  # noqa: SIM115
            regular = stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)
            self.is_file = regular and path != "-"
            self._start = self._file.tell() if regular else 0
            self.size = os.fstat(self._file.fileno()).st_size - self._start if regular else None
            self._kept = bytearray() if self.size is None else None
            empty = not self.peek(1)
        except OSError as error:
            raise AudioFileError(f"{self.label} cannot be read: {error.strerror or error}") from None
        except ValueError as error:  # standard input is closed, or a name holds a zero
            raise AudioFileError(f"{self.label} cannot be read: {error}") from None
        if empty:
            self.close()
            raise AudioFileError(f"{self.label} is empty")

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Tell whether it is a file."""
        return self.size is not None

    def read(self, size: int = -1, /) -> bytes:
        """Read up to `size` bytes; fewer only at the end."""
        parts = [self._ahead[:size]] if size >= 0 else [self._ahead]
        self._ahead = self._ahead[len(parts[0]) :]
        missing = size - len(parts[0])
        while missing > 0 or size < 0:
            try:
                part = self._file.read(missing if size >= 0 else _STEP)
            except OSError as error:
                raise AudioFileError(f"{self.label} cannot be read: {error.strerror or error}") from None
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        data = b"".join(parts)
        self._position += len(data)
        if self.size is None:
            self._tail = (self._tail + data[-_TAIL:])[-_TAIL:]
        if self._kept is not None:
            self._kept += data
        return data

    def readinto(self, buffer: Any, /) -> int:
        """Read into a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def peek(self, size: int) -> bytes:
        """Return the next bytes, which are read again."""
        while len(self._ahead) < size and (part := self._file.read(size - len(self._ahead))):
            self._ahead += part
        return self._ahead[:size]

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place in a file."""
        if self.size is None:
            raise io.UnsupportedOperation("seek in a pipe")
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        self._ahead = b""
        self._position = max(base + offset, 0)
        self._file.seek(self._start + self._position)
        return self._position

    def tell(self) -> int:
        """Return how many bytes lie before the next one."""
        return self._position

    def skip(self, size: int) -> None:
        """Pass over bytes, at most to the end: a chunk may lie about its size."""
        if self.size is not None:
            self.seek(min(size, self.size - self._position), os.SEEK_CUR)
            return
        while size > 0 and (part := self.read(min(size, _STEP))):
            size -= len(part)

    def tail(self) -> bytes:
        """Return the last bytes of a file, or those of a pipe that were read last."""
        if self.size is None:
            return self._tail
        here = self._position
        self.seek(max(self.size - _TAIL, 0))
        tail = self.read()
        self.seek(here)
        return tail

    def begin(self) -> None:
        """Keep no more of what is read: it will not be spooled."""
        self._kept = None

    def spool(self) -> None:
        """Turn a pipe into a file, from its start: all that comes is kept on disk, in no one's way."""
        if self.size is not None:
            self.seek(0)
            return
        assert self._kept is not None
        try:
            file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # closed with the source
            file.write(self._kept)
            self._kept = None
            while part := self.read(_STEP):
                file.write(part)
            if self._owned:
                self._file.close()
            self.size = file.tell()
        except OSError as error:
            raise AudioFileError(
                f"{self.label} cannot be kept in {tempfile.gettempdir()} while it is read: {error.strerror or error}"
            ) from None
        self._file, self._owned, self._start = file, True, 0
        self.seek(0)

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if not self.closed and self._owned and hasattr(self, "_file"):
            self._file.close()
        super().close()

    def __enter__(self) -> Self:
        """Do nothing."""
        return self


class Part:
    """A part of a file, as if it were all.

    Parameters
    ----------
    source : Source
        A file.
    start, end : int
        Its first byte, and the one after its last.

    Attributes
    ----------
    label : str
        As of the source.
    """

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.label = source.label
        self._source, self._start, self._end = source, start, end
        source.seek(start)

    def readinto(self, buffer: Any, /) -> int:
        """Read into a buffer."""
        return self._source.readinto(memoryview(buffer)[: max(self._end - self._source.tell(), 0)])

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place."""
        base = {os.SEEK_SET: self._start, os.SEEK_CUR: self._source.tell(), os.SEEK_END: self._end}[whence]
        return self._source.seek(max(base + offset, self._start)) - self._start

    def tell(self) -> int:
        """Return how many bytes lie before the next one."""
        return self._source.tell() - self._start

    def close(self) -> None:
        """Leave the source open: other parts follow."""


def printable(path: str) -> str:
    """Return a path as text that any terminal and any file takes: bytes that are no characters become escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
