"""A recording from end to end: opened, denoised, written and tagged, each once and under one name."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from ..constants import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE
from ..errors import AudioFileError
from ..settings import Settings
from ..stream import Stream
from .atomic import partial_file
from .source import printable
from .through import Audio, through_effect, through_stream
from .through import Effect as Effect

if TYPE_CHECKING:
    from .recording import Incomplete, Reader, Writer

Progress = Callable[[float, float | None], None]


@dataclass(frozen=True)
class FileReport:
    """What was done with a file.

    Attributes
    ----------
    source, output : str
        Paths, or ``"-"`` for a pipe.
    sample_rate : int
        In Hz.
    channels : int
        Number of channels.
    frames : int
        Length in samples.
    format : str
        Sample format of the output: ``"PCM_24"``, ``"VORBIS"``, ``"AAC"`` ...
    seconds : float
        Time it took.
    notes : tuple of str
        What the user should know: what the source lacks, and what the output's format cannot hold.
    """

    source: str
    output: str
    sample_rate: int
    channels: int
    frames: int
    format: str
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    @property
    def speed(self) -> float:
        """Times real time."""
        return self.duration / max(self.seconds, 1e-9)


def denoise_file(
    source: str | PathLike[str],
    output: str | PathLike[str],
    *,
    progress: Callable[[float, float | None], None] | None = None,
    incomplete: "Incomplete" = "refuse",
    **settings: Unpack[Settings],
) -> FileReport:
    """Denoise a recording of any length in constant memory, in any thread.

    The output has the source's sample rate, channels and length, and its bit depth where the format has it; it
    is dithered where rounding to that depth changes anything. Tags are carried. It appears under its name only
    when it is complete.

    Parameters
    ----------
    source : str or path-like
        WAV, FLAC, Ogg, Opus, MP3, AIFF, CAF, M4A, MP4, MOV, MKV, WebM, WMA ...; ``"-"`` reads any format that can be
        read forward from standard input.
    output : str or path-like
        Its ending chooses the format; ``"-"`` writes WAV to standard output. A film's picture is copied into ``.mp4``,
        ``.mov``, ``.mkv`` and ``.webm``. An existing file is replaced.
    progress : callable, optional
        Called with the seconds of audio done, and of all, as far as that is known before the end (else None).
    incomplete : {"refuse", "keep"}
        What to do with a recording that was cut short, damaged or never finished: refuse it, or make what there is.
    **settings
        As of `Stream`: `strength`, `reduction_limit_db`, `stereo_link`, `listen`, `model`.

    Returns
    -------
    FileReport

    Raises
    ------
    AudioFileError
        If a file cannot be read or written; no output is left then.
    TypeError, ValueError, FileNotFoundError
        As of `Stream`.

    Examples
    --------
    >>> from speechenh_plugin import denoise_file
    >>> denoise_file("interview.wav", "interview_clean.flac", reduction_limit_db=24)
    """
    return process_with(
        lambda reader: through_stream(Stream(reader.sample_rate, reader.channels, **settings), reader),
        source,
        output,
        progress,
        incomplete,
    )


def process_file(
    effect: Effect,
    source: str | PathLike[str],
    output: str | PathLike[str],
    progress: Callable[[float, float | None], None] | None = None,
    *,
    incomplete: "Incomplete" = "refuse",
) -> FileReport:
    """Run a file through any effect, as `denoise_file` does through `DeepDenoise`.

    Parameters
    ----------
    effect : DeepDenoise or pedalboard.Pedalboard
        Its latency is compensated. One effect serves one call at a time, in any thread. With a `pedalboard.Mix` in it
        the whole file is held in memory: between calls, a Mix forgets by how much its branches lag.
    source, output, progress, incomplete
        As of `denoise_file`.

    Returns
    -------
    FileReport

    Raises
    ------
    AudioFileError
        If a file cannot be read or written; no output is left then.

    Examples
    --------
    >>> board = Pedalboard([DeepDenoise(), Compressor()])
    >>> process_file(board, "interview.wav", "interview_clean.wav")
    """
    return process_with(lambda reader: through_effect(effect, reader), source, output, progress, incomplete)


def process_with(
    process: Callable[["Reader"], Iterator[Audio]],
    source: str | PathLike[str],
    output: str | PathLike[str],
    progress: Progress | None = None,
    incomplete: "Incomplete" = "refuse",
) -> FileReport:
    """Run a file through any function from a recording to blocks, as `process_file` does through an effect.

    Parameters
    ----------
    process : callable
        Given the opened recording, yields as many samples as it holds, in arrays of shape (channels, samples).
    source, output, progress, incomplete
        As of `denoise_file`.

    Returns
    -------
    FileReport

    Raises
    ------
    AudioFileError
        If a file cannot be read or written, or `process` raises `ValueError`; no output is left then.
    """
    from . import tags  # soundfile, mutagen and av are not needed for arrays
    from .reader import open_reader
    from .writer import is_stream, open_stream, open_writer

    start = time.perf_counter()
    source, output = os.fspath(source), os.fspath(output)
    name = "standard output" if output == "-" else printable(output)
    if not output:
        raise AudioFileError("the output has no name")
    if source != "-" and output != "-" and _same(source, output):
        raise AudioFileError(f"{printable(source)}: the output would replace the source; give it another name")
    reader = open_reader(source, incomplete)
    try:
        _check_rate(reader, name)
        if is_stream(output):
            writer = _write(process(reader), reader, open_stream(output, reader), name, progress)
        else:
            with partial_file(Path(output)) as partial:
                writer = _write(process(reader), reader, open_writer(str(partial), name, reader), name, progress)
                with _as_write_errors(name):
                    writer.notes += tags.carry(reader, partial)
    finally:
        reader.close()
    if writer.clipped and reader.form.subtype in ("FLOAT", "DOUBLE"):  # recorders keep what is too loud in these
        writer.notes.append(f"{writer.clipped} samples beyond full scale are clipped: WAV keeps them")
    return FileReport(
        source=source,
        output=output,
        sample_rate=reader.sample_rate,
        channels=reader.channels,
        frames=writer.frames,
        format=writer.subtype,
        seconds=time.perf_counter() - start,
        notes=(*reader.notes, *writer.notes),
    )


def _write(
    blocks: Iterator[Audio], reader: "Reader", writer: "Writer", name: str, progress: Progress | None
) -> "Writer":
    rate = reader.sample_rate
    expected = None if reader.expected is None else reader.expected / rate
    with writer:
        for block in _made(blocks, name):
            writer.write(block)
            if progress is not None:
                done = writer.frames / rate
                progress(done, expected if expected is None else max(expected, done))
    return writer


def _made(blocks: Iterator[Audio], name: str) -> Iterator[Audio]:
    """Give blocks; what an effect cannot make, or keep on disk, is an error of the output."""
    with _as_write_errors(name):
        try:
            yield from blocks
        except ValueError as error:  # a number of channels that no effect takes
            raise AudioFileError(f"{name} cannot be made: {error}") from None


@contextmanager
def _as_write_errors(name: str) -> Iterator[None]:
    from .recording import write_error

    try:
        yield
    except OSError as error:
        raise write_error(name, error) from None


def _check_rate(reader: "Reader", name: str) -> None:
    """Refuse what a board would make silence of."""
    if not MIN_SAMPLE_RATE <= reader.sample_rate <= MAX_SAMPLE_RATE:
        raise AudioFileError(
            f"{name} cannot be made: its sample rate is {reader.sample_rate} Hz, "
            f"which must be from {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz"
        )


def _same(source: str, output: str) -> bool:
    return os.path.exists(source) and os.path.exists(output) and os.path.samefile(source, output)
