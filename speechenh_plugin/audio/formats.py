"""Names of audio formats: file endings, sample formats, and which of them a new file gets."""

from pathlib import Path

import soundfile

from ..errors import AudioFileError
from .recording import Reader

PLATFORM = {".aac", ".m4a", ".wma"}

EXTENSIONS = frozenset(
    {".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".rf64", ".snd", ".w64", ".wav"}
    | PLATFORM
)
"""File name endings (lower case) that are taken for audio when a folder is listed."""

DEPTHS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_NEAREST = {
    "PCM_S8": ["PCM_U8", "PCM_16"],
    "PCM_U8": ["PCM_S8", "PCM_16"],
    "PCM_32": ["PCM_24"],
    "FLOAT": ["PCM_24"],
    "DOUBLE": ["FLOAT", "PCM_24"],
}
_ENDINGS = {"AIF": "AIFF", "AIFC": "AIFF", "OGA": "OGG", "OPUS": "OGG", "SND": "AU"}
_LOSSY = ("MP3", "OGG")
_WAV_LIMIT = 2**32 - 2**20


def choose_format(name: str, like: Reader) -> tuple[str, str]:
    """Container and sample format of a new file, by its ending and the file it is made from.

    Returns
    -------
    tuple of str
        As `soundfile` names them.

    Raises
    ------
    AudioFileError
        If files with this ending cannot be written.
    """
    ending = Path(name).suffix[1:].upper()
    container = _ENDINGS.get(ending, ending)
    if container not in soundfile.available_formats():
        known = "wav, flac, mp3, ogg, opus, aiff, caf, w64"
        raise AudioFileError(f"{name}: files ending in '.{ending.lower()}' cannot be written; choose one of {known}")
    if ending == "OPUS":
        return "OGG", "OPUS"
    if container == like.format and container in _LOSSY:
        return container, like.subtype
    # What comes in blocks of its own length comes back longer.
    kept = [] if like.format in _LOSSY or "ADPCM" in like.subtype or like.subtype == "GSM610" else [like.subtype]
    wanted = [*kept, *_NEAREST.get(like.subtype, []), "PCM_16"]
    lossless = [subtype for subtype in wanted if subtype and soundfile.check_format(container, subtype)]
    subtype = (lossless or [soundfile.default_subtype(container)])[0]
    if container == "WAV":
        size = (like.frames or 0) * like.channels * DEPTHS.get(subtype, 64) // 8
        container = "RF64" if size > _WAV_LIMIT else like.format if like.format in ("WAVEX", "RF64") else "WAV"
    return container, subtype
