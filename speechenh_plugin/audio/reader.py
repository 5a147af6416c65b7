"""Opening a recording: which decoder reads what."""

import sys
from pathlib import Path

from ..errors import AudioFileError
from . import ogg
from .formats import PLATFORM
from .platform_reader import PlatformReader
from .recording import Reader
from .soundfile_reader import SoundFileReader


def open_reader(path: str | Path) -> Reader:
    """Open an audio file, or with ``"-"`` a WAV file on standard input.

    Raises
    ------
    AudioFileError
        If it cannot be read, or is not audio.
    """
    if path == "-":
        return SoundFileReader(sys.stdin.fileno(), "standard input")
    try:
        with Path(path).open("rb") as file:
            if not file.read(1):
                raise AudioFileError(f"{path} is empty")
            file.seek(0)
            mended = ogg.mend(file)
    except OSError as error:
        raise AudioFileError(f"{path} cannot be read: {error.strerror}") from None
    if mended is not None:
        return SoundFileReader(mended, str(path))
    if Path(path).suffix.lower() in PLATFORM:
        return PlatformReader(path)
    return SoundFileReader(str(path), str(path))
