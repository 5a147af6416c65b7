"""Containers of plain samples, read by what is there and not by what their header states."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import soundfile

from ..errors import AudioFileError
from .headers import Header
from .recording import Audio, Form, Incomplete, Reader, check_complete
from .source import Source

_PLACEHOLDERS = ((0x7F000000, 0x80010000), (0xFFFF0000, 2**32))
"""Sizes that programs write into a pipe, where they do not know the true one."""

_STEP = 2**20
_LONGEST_TEXT = 2**16
"""Bytes behind a recording that are taken for text, where they are one; more are never asked."""

_NAMES = {
    *(b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"axml", b"chna", b"cue ", b"smpl", b"inst", b"cart", b"_PMX"),
    *(b"PEAK", b"fact", b"afsp", b"APET"),
}
_RECORDINGS = {b"RIFF", b"RF64", b"RIFX", b"FORM", b"caff", b"riff"}


@dataclass(frozen=True)
class Extent:
    """How many bytes of audio there are.

    Attributes
    ----------
    size : int or None
        Bytes; None in a pipe, before its end.
    complete : bool
        Whether that is all there ever was, as far as anyone can tell.
    """

    size: int | None
    complete: bool


class PcmReader(Reader):
    """Reads samples that are stored as they are.

    Parameters
    ----------
    source : Source
        Where the audio begins.
    header : Header
        What the header states.
    incomplete : {"refuse", "keep"}
        What to do with a recording that was cut short or never finished.
    """

    def __init__(self, source: Source, header: Header, incomplete: Incomplete) -> None:
        assert header.subtype is not None
        self._source, self._header, self._incomplete = source, header, incomplete
        self._step = header.width * header.channels
        form = Form(
            header.sample_rate,
            header.channels,
            header.container,
            header.subtype,
            header.mask,
            header.valid_bits,
        )
        self._extent = extent(source, header)
        frames = None if self._extent.size is None else self._extent.size // self._step
        stated = header.stated // self._step if header.stated and not _placeholder(header.stated) else None
        super().__init__(form, frames, stated if frames is None else frames)
        if frames is not None and not self._extent.complete:
            self._check(frames)
        if frames is not None and header.stated and frames > header.stated // self._step:
            self.notes.append(
                f"{source.label} holds {frames / self.sample_rate:.2f} s of audio, though its header states "
                f"{header.stated / self._step / self.sample_rate:.2f} s"
            )
        if source.size is not None:
            source.seek(header.offset + (self._extent.size or 0))
            if source.read(5).lstrip(b"\0")[:4] in _RECORDINGS:
                self.notes.append(f"{source.label} holds another recording after its end, which is left out")
            elif _text_follows(source, header, self._extent.size or 0):
                self.notes.append(f"{source.label} holds text after its end, which is left out")
            source.seek(header.offset)

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield the audio in arrays of shape (channels, `size`), the last one shorter."""
        if self._extent.size is not None:
            data = _exactly(self._source, self._extent.size - self._extent.size % self._step, size * self._step)
        else:
            data = _pipe(self._source, self._header, size * self._step)
        done, rest = 0, b""
        for part in data:
            part = rest + part
            whole = len(part) - len(part) % self._step
            rest = part[whole:]
            if whole:
                done += whole // self._step
                yield self._decode(part[:whole])
        if self._extent.size is None:
            stated = self._header.stated
            missing = 0 if stated is None or _placeholder(stated) else stated - done * self._step - len(rest)
            if missing > 0 and missing not in _headers(self._header):
                self._check(done)
        elif done < self._extent.size // self._step:
            raise AudioFileError(f"{self._source.label} became shorter while it was read")

    def skip(self, frames: int) -> int:
        """Pass over samples of a file before the first block; return how many there were."""
        if self.frames is None or self._extent.size is None:
            return 0
        passed = min(frames, self.frames)
        self._source.skip(passed * self._step)
        self._extent = replace(self._extent, size=self._extent.size - passed * self._step)
        return passed

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _check(self, frames: int) -> None:
        stated = self._header.stated or None
        check_complete(
            self._incomplete,
            self.notes,
            self._source.label,
            frames / self.sample_rate,
            stated and stated / self._step / self.sample_rate,
        )

    def _decode(self, data: bytes) -> Audio:
        samples, _ = soundfile.read(
            io.BytesIO(data),
            dtype="float32",
            always_2d=True,
            samplerate=self.sample_rate,
            channels=self.channels,
            format="RAW",
            subtype=self.form.subtype,
            endian="LITTLE" if self._header.order == "<" else "BIG",
        )
        return np.ascontiguousarray(samples.T)


def extent(source: Source, header: Header) -> Extent:
    """Find how many bytes of audio follow a header, whatever it states.

    Parameters
    ----------
    source : Source
        In a file, it is left at any place.
    header : Header
        What is stated.

    Returns
    -------
    Extent
    """
    if source.size is None:
        return Extent(None, True)
    available = max(source.size - header.offset, 0)
    stated = header.stated
    if stated is None:
        return Extent(available, True)
    if stated == 0:
        empty = not available or _ends(source, header, 0)
        return Extent(0 if empty else available, empty)
    if stated > available:
        whole = _placeholder(stated) or stated - available in _headers(header)
        return Extent(available, whole)
    if stated == available or _ends(source, header, stated):
        return Extent(stated, True)
    for size in range(stated + 2**32, available + 1, 2**32):  # sizes of 32 bits wrap
        if size == available or _ends(source, header, size):
            return Extent(size, True)
    if not _placeholder(stated) and (_text_follows(source, header, stated) or _zeros(source, header.offset + stated)):
        return Extent(stated, True)
    return Extent(available, True)


def _placeholder(stated: int) -> bool:
    return any(low <= stated < high for low, high in _PLACEHOLDERS)


def _headers(header: Header) -> set[int]:
    """Bytes by which a header states too much where its writer counted the header, or a part of it, as audio."""
    return {header.offset, header.offset - 8, 44, 36, 8}


def _ends(source: Source, header: Header, size: int) -> bool:
    """Tell whether after `size` bytes of audio the file ends, or a chunk begins."""
    assert source.size is not None
    pad = {"4+4": size % 2, "16+8": -size % 8}.get(header.chunks, 0)
    at = header.offset + size
    if source.size - at <= pad:
        return True
    for start in {at, at + pad}:  # some programs leave the padding out
        source.seek(start)
        if _is_chunk(source.read(24), header, source.size - start):
            return True
    return False


def _is_chunk(head: bytes, header: Header, remaining: int | None) -> bool:
    """Tell whether bytes begin a chunk or a tag, not audio."""
    name = head[:4]
    if name[:3] in (b"TAG", b"ID3") or name in _NAMES or (name in _RECORDINGS and header.chunks != "none"):
        return True
    name_size, size_size = {"4+4": (4, 4), "4+8": (4, 8), "16+8": (16, 8), "none": (0, 0)}[header.chunks]
    if not name_size or len(head) < name_size + size_size or not all(32 <= byte < 127 for byte in name):
        return False
    little = header.container not in ("AIFF", "CAF") and header.order == "<"
    size = int.from_bytes(head[name_size : name_size + size_size], "little" if little else "big")
    return remaining is None or size <= remaining


def _zeros(source: Source, position: int) -> bool:
    """Tell whether nothing but zeros follows."""
    source.seek(position)
    while part := source.read(_STEP):
        if part.count(0) != len(part):
            return False
    return True


def _text_follows(source: Source, header: Header, size: int) -> bool:
    """Tell whether after `size` bytes of audio a file holds nothing but text."""
    assert source.size is not None
    start = header.offset + size
    if not 0 < source.size - start <= _LONGEST_TEXT:
        return False
    source.seek(start)
    return _is_text(source.read(), header)


def _is_text(data: bytes, header: Header) -> bool:
    """Tell whether bytes are text; samples of 8 bits may look like one, and those of more never do for long."""
    data = data.strip(b"\0")  # padding
    if header.width < 2 or not data:
        return False
    try:
        return all(letter.isprintable() or letter.isspace() for letter in data.decode())
    except UnicodeDecodeError:
        return False


def _exactly(source: Source, size: int, step: int) -> Iterator[bytes]:
    while size > 0 and (part := source.read(min(size, step))):
        size -= len(part)
        yield part


def _pipe(source: Source, header: Header, step: int) -> Iterator[bytes]:
    """Yield the audio of a pipe: to what is stated, and on, if what follows is audio too."""
    stated = header.stated
    if stated is not None:
        yield from _exactly(source, stated, step)
        pad = {"4+4": stated % 2, "16+8": -stated % 8}.get(header.chunks, 0)
        head = source.peek(24 + pad)
        chunk = any(_is_chunk(head[start:], header, None) for start in {0, pad})
        rest = source.peek(_LONGEST_TEXT + 1)
        if len(head) <= pad or chunk or (len(rest) <= _LONGEST_TEXT and _is_text(rest, header)):
            source.skip(2**63)
            return
    zeros = 0
    trusted = stated is not None and stated > 0 and not _placeholder(stated)
    while part := source.read(step):
        if trusted and part.count(0) == len(part):
            zeros += len(part)
            continue
        trusted = False
        while zeros:
            yield bytes(min(zeros, step))
            zeros -= min(zeros, step)
        yield part
