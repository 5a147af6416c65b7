"""Decoding Vorbis, stream by stream: of those that follow one another, FFmpeg keeps what pads the last page."""

from collections.abc import Iterator, Sequence

from .recording import Audio, Incomplete, Reader
from .soundfile_reader import SoundFileReader
from .source import Part, Source


class VorbisReader(Reader):
    """Reads the streams of an Ogg file, one after another.

    Parameters
    ----------
    source : Source
        A file.
    links : sequence of (int, int)
        Where its streams are, see `headers.ogg.vorbis_links`; at least one.
    incomplete : {"refuse", "keep"}
        What to do with a recording that was damaged.

    Raises
    ------
    AudioFileError
        If the first stream cannot be decoded.
    """

    def __init__(self, source: Source, links: Sequence[tuple[int, int]], incomplete: Incomplete) -> None:
        self._source, self._links, self._incomplete = source, links, incomplete
        self._first = self._reader(0)
        expected = self._first.expected
        super().__init__(self._first.form, None, expected if len(links) == 1 else None)

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield the audio in arrays of shape (channels, samples), of at most `size` samples."""
        for number in range(len(self._links)):
            reader = self._reader(number) if number else self._first
            yield from reader.blocks(size)
            self.notes += reader.notes
            reader.close()

    def close(self) -> None:
        """Close the file."""
        self._first.close()
        self._source.close()

    def _reader(self, number: int) -> SoundFileReader:
        return SoundFileReader(Part(self._source, *self._links[number]), self._incomplete)
