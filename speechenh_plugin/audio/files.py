"""Files in one call: `denoise_file`."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Unpack

import numpy as np
import numpy.typing as npt
from pedalboard import Chain, Mix, Pedalboard  # type: ignore[attr-defined]  # its type stubs leave it out

from ..effect import DeepDenoise
from ..errors import AudioFileError, AudioWriteError
from ..settings import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE
from ..settings import Settings as Settings
from .atomic import partial_file

if TYPE_CHECKING:
    from .recording import Reader
    from .writer import Writer

Audio = npt.NDArray[np.float32]

BLOCK = 65536
"""Samples that are read, denoised and written at once."""

_BUFFER = 8192  # samples that pedalboard passes to an effect at once
_LONGEST_LATENCY = 60  # seconds of silence after which an effect is taken to give no more output


class Effect(Protocol):
    """What a `DeepDenoise`, any other pedalboard plug-in and a `pedalboard.Pedalboard` have in common."""

    def process(self, input_array: Audio, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> Audio:
        """Process an array of shape (channels, samples)."""

    def reset(self) -> None:
        """Forget the audio of earlier calls."""


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
        Sample format of the output, as `soundfile` names it: ``"PCM_24"``, ``"VORBIS"`` ...
    seconds : float
        Time it took.
    """

    source: str
    output: str
    sample_rate: int
    channels: int
    frames: int
    format: str
    seconds: float

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
    **settings: Unpack[Settings],
) -> FileReport:
    """Denoise an audio file of any length in constant memory.

    The output has the source's sample rate, channels and length, and its bit depth where the format has it; it
    is dithered where rounding to that depth changes anything. Tags are carried. It appears under its name only
    when it is complete.

    Parameters
    ----------
    source : str or path-like
        WAV, FLAC, Ogg, Opus, MP3, AIFF, CAF ...; ``"-"`` reads WAV from standard input.
    output : str or path-like
        Its ending chooses the format; ``"-"`` writes WAV to standard output. An existing file is replaced.
    progress : callable, optional
        Called with the seconds of audio done, and of all (None in a pipe of unknown length).
    **settings
        As of `DeepDenoise`: `strength`, `reduction_limit_db`, `stereo_link`, `listen`, `model`.

    Returns
    -------
    FileReport

    Raises
    ------
    AudioFileError
        If a file cannot be read or written; no output is left then.
    TypeError, ValueError, FileNotFoundError
        As of `DeepDenoise`.

    Examples
    --------
    >>> from speechenh_plugin import denoise_file
    >>> denoise_file("interview.wav", "interview_clean.flac", reduction_limit_db=24)
    """
    return process_file(DeepDenoise(**settings), source, output, progress)


def process_file(
    effect: Effect,
    source: str | PathLike[str],
    output: str | PathLike[str],
    progress: Callable[[float, float | None], None] | None = None,
) -> FileReport:
    """Run a file through any effect, as `denoise_file` does through `DeepDenoise`.

    Parameters
    ----------
    effect : DeepDenoise or pedalboard.Pedalboard
        Its latency is compensated. One effect serves one call at a time, in any thread. With a `pedalboard.Mix` in it
        the whole file is held in memory: between calls, a Mix forgets by how much its branches lag.
    source, output, progress
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
    from . import tags  # soundfile and mutagen are not needed for arrays
    from .reader import open_reader

    start = time.perf_counter()
    source, output = os.fspath(source), os.fspath(output)
    if source != "-" and output != "-" and _same(source, output):
        raise AudioFileError(f"{source}: the output would replace the source; give it another name")
    reader = open_reader(source)
    try:
        if output == "-":
            writer = _run(effect, reader, output, output, progress)
        else:
            with partial_file(Path(output)) as partial:
                writer = _run(effect, reader, str(partial), output, progress)
                _check(partial, writer, output)
                if source != "-":
                    tags.carry(source, partial)
    finally:
        reader.close()
    return FileReport(
        source=source,
        output=output,
        sample_rate=reader.sample_rate,
        channels=reader.channels,
        frames=writer.frames,
        format=writer.subtype,
        seconds=time.perf_counter() - start,
    )


def _run(
    effect: Effect,
    reader: "Reader",
    path: str,
    name: str,
    progress: Callable[[float, float | None], None] | None,
) -> "Writer":
    from .writer import Writer

    rate = reader.sample_rate
    with Writer(path, name, reader) as writer:
        try:
            for block in _stream(effect, reader):
                writer.write(block)
                if progress is not None:
                    progress(writer.frames / rate, None if reader.frames is None else reader.frames / rate)
        except ValueError as error:  # a rate or a number of channels that no effect takes
            raise AudioFileError(f"{name} cannot be made: {error}") from None
    return writer


def _stream(effect: Effect, reader: "Reader") -> Iterator[Audio]:
    """Yield the effect's output, as long as its input and aligned with it."""
    rate, channels = reader.sample_rate, reader.channels
    if not MIN_SAMPLE_RATE <= rate <= MAX_SAMPLE_RATE:  # a board, unlike DeepDenoise, would give silence
        raise ValueError(f"its sample rate is {rate} Hz, which must be from {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz")
    silence = np.zeros((channels, _BUFFER), np.float32)
    # Prepares for the longest buffer, for which some effects would else reset amid a stream, and tells pedalboard
    # which dimension is which; then resets.
    effect.process(silence, rate, _BUFFER)
    effect.process(silence[:, :0], rate, _BUFFER)
    if _holds_mix(effect):
        yield effect.process(np.concatenate([silence[:, :0], *reader.blocks(BLOCK)], axis=1), rate, _BUFFER)
        return
    missing = 0
    for block in reader.blocks(BLOCK):
        result = effect.process(block, rate, _BUFFER, reset=False)
        missing += block.shape[1] - result.shape[1]
        yield result
    patience = _LONGEST_LATENCY * rate
    while missing > 0:
        result = effect.process(silence, rate, _BUFFER, reset=False)[:, :missing]
        missing -= result.shape[1]
        patience -= silence.shape[1]
        if patience < 0:
            raise RuntimeError(f"{effect!r} gave {missing} samples too few")
        yield result


def _holds_mix(effect: object) -> bool:
    return isinstance(effect, Mix) or (isinstance(effect, Pedalboard | Chain) and any(map(_holds_mix, effect)))


def _check(path: Path, writer: "Writer", name: str) -> None:
    """Make sure that all samples arrived: encoders do not tell every failure."""
    import soundfile

    try:
        frames = soundfile.info(str(path)).frames
    except soundfile.SoundFileError:
        frames = 0
    if frames != writer.frames:
        raise AudioWriteError(f"{name} cannot be written: {frames} of {writer.frames} samples arrived")


def _same(source: str, output: str) -> bool:
    return os.path.exists(source) and os.path.exists(output) and os.path.samefile(source, output)
