"""Carrying what a file says besides its audio: titles, pictures, time codes, markers."""

import contextlib
from pathlib import Path
from typing import Any

import mutagen

from ..ffmpeg_reader import FfmpegReader
from ..recording import Reader
from . import chunks, common, stale


def carry(reader: Reader, target: Path) -> list[str]:
    """Copy tags from a recording to a new file, as far as its format holds them.

    Between WAV files, and between AIFF files, every chunk besides the audio is copied (broadcast extension, markers,
    INFO, ID3 ...). Between other files of one format all tags are; else text, covers and chapters. Gains and loudness
    were measured on the old audio and are left out.

    Parameters
    ----------
    reader : Reader
        What the new file was made from.
    target : Path
        A finished file.

    Returns
    -------
    list of str
        What the user should know of it.
    """
    assert reader.path is not None
    if chunks.copy(reader.path, target):
        return []
    old = None
    with contextlib.suppress(mutagen.MutagenError):  # some of what FFmpeg reads
        old = mutagen.File(reader.path)
    try:
        new = mutagen.File(target)
        if new is None:
            return []  # FFmpeg has written the tags
        if old is not None and type(old) is type(new):
            _copy_all(old, new)
            return []
        found = common.read(old) if old is not None else common.Tags()
        found = found.or_else(chunks.read_info(reader.path))
        if isinstance(reader, FfmpegReader):
            found = found.or_else(common.from_ffmpeg(reader.metadata, reader.container.chapters()))
        return common.write(found, new)
    except (mutagen.MutagenError, OSError) as error:
        return [f"the tags could not be carried ({error})"]  # the audio is whole


def names(reader: Reader) -> dict[str, str]:
    """Return what is said of a recording, by FFmpeg's names, for a file that FFmpeg writes."""
    found = common.Tags()
    if isinstance(reader, FfmpegReader):
        found = common.from_ffmpeg(reader.metadata, [])
    elif reader.path is not None:
        with contextlib.suppress(mutagen.MutagenError, OSError):
            old = mutagen.File(reader.path)
            found = common.read(old) if old is not None else found
            found = found.or_else(chunks.read_info(reader.path))
    return common.to_ffmpeg(found)


def _copy_all(old: Any, new: Any) -> None:
    cues = getattr(old, "cuesheet", None)
    if not old.tags and not getattr(old, "pictures", None) and not cues:
        return
    if new.tags is None:
        new.add_tags()
    for key, value in (old.tags or {}).items():
        if not stale.is_stale(key):
            new.tags[key] = value
    for picture in getattr(old, "pictures", []):
        new.add_picture(picture)
    if cues:
        new.cuesheet = cues
    new.save()
