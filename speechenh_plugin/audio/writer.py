"""Writing a recording: which encoder writes what."""

import os
import sys

from .ffmpeg_reader import FfmpegReader
from .ffmpeg_writer import FfmpegWriter
from .formats import choose
from .recording import Reader, Writer
from .soundfile_writer import SoundFileWriter
from .wav_writer import WavFileWriter, WavWriter, nearest


def open_writer(path: str, name: str, like: Reader) -> Writer:
    """Begin a new recording.

    Parameters
    ----------
    path : str
        Where to write: an existing file.
    name : str
        What errors call it, and whose ending chooses the format.
    like : Reader
        What it is made from: rate, channels and layout are kept; the bit depth and the picture too, if the format has
        them.

    Returns
    -------
    Writer

    Raises
    ------
    AudioFileError
        If the format cannot hold such audio.
    """
    target = choose(name, like.form)
    if isinstance(like, FfmpegReader):
        like.lead = not target.picture
    if target.library == "FFmpeg":
        return FfmpegWriter(path, name, like, target)
    if isinstance(like, FfmpegReader) and like.has_picture:
        target.notes.append("the picture is left out: mp4, mov, mkv and webm keep it")
    if target.container in ("WAV", "WAVEX", "RF64"):
        long = "RF64" in (target.container, like.form.container)
        return WavFileWriter(path, name, like, target.subtype, target.notes, long=long)
    return SoundFileWriter(path, name, like, target)


def open_stream(path: str, like: Reader) -> Writer:
    """Begin a new recording in a pipe or a device, as WAV.

    Parameters
    ----------
    path : str
        ``"-"`` is standard output.
    like : Reader
        What it is made from.

    Returns
    -------
    Writer

    Raises
    ------
    AudioWriteError
        If nothing can be written there.
    """
    if isinstance(like, FfmpegReader):
        like.lead = True
    if path == "-":
        return WavWriter(sys.stdout.buffer, "standard output", like, nearest(like.form.subtype), [])
    return WavFileWriter(path, path, like, nearest(like.form.subtype), [], in_file=False)


def is_stream(path: str) -> bool:
    """Tell whether a path leads to a pipe or a device, and not to a file."""
    device = path.startswith(("/dev/", "/proc/"))  # as /dev/stdout, which may be a file, too
    return path == "-" or device or (os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path))
