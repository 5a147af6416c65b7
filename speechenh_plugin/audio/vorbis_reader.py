"""Decoding Vorbis, stream by stream: of those that follow one another, FFmpeg keeps what pads the last page."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from ..errors import AudioFileError
from .recording import Audio, Incomplete, Reader, check_undamaged, reblock
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
        self._first = SoundFileReader(Part(source, *links[0]), incomplete)
        super().__init__(self._first.form, None, self._first.expected if len(links) == 1 else None)

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield the audio in arrays of shape (channels, `size`), the last one shorter."""
        return reblock(self._parts(size), size)

    def close(self) -> None:
        """Close the file."""
        self._first.close()
        self._source.close()

    def _parts(self, size: int) -> Iterator[Audio]:
        done = 0
        for number, link in enumerate(self._links):
            try:
                later = SoundFileReader(Part(self._source, *link), self._incomplete, before=done) if number else None
            except AudioFileError as error:
                seconds = done / self.sample_rate
                check_undamaged(self._incomplete, self.notes, self._source.label, seconds, str(error))
                return
            with closing(later or self._first) as reader:
                for block in reader.blocks(size):
                    done += block.shape[1]
                    yield block
                self.notes += reader.notes
