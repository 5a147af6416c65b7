"""Carrying what a file says besides its audio: titles, pictures, time codes, markers."""

import contextlib
from pathlib import Path
from typing import Any

import mutagen

from ..ffmpeg_reader import FfmpegReader, is_cover
from ..formats import MUXERS
from ..recording import Reader
from . import chunks, common, stale

_APPLICATION = 2
"""FLAC's metadata blocks of programs (RFC 9639, section 8.4)."""


def carry(reader: Reader, target: Path) -> list[str]:
    """Copy tags from a recording to a new file, as far as its format holds them.

    Between WAV files, and between AIFF and CAF files, every chunk besides the audio is copied (broadcast extension,
    markers, INFO, ID3 ...). Between other files of one format all tags are; else text, covers and chapters. Gains and
    loudness were measured on the old audio and are left out.

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

    Raises
    ------
    OSError
        If the new file cannot be written, as on a full disk.
    """
    try:
        if reader.path is not None and chunks.copy(reader.path, target):
            return []
        old = _opened(reader)
        found = _shared(reader, old)
        own = chunks.left(reader.path) if reader.path is not None else []
    except chunks.WriteError as error:
        raise error.reason from None
    except Exception as error:  # of damaged tags mutagen raises what it likes, and the audio is whole
        return [f"the tags could not be carried ({error})"]
    notes = []
    if isinstance(reader, FfmpegReader) and reader.path is None and any(map(is_cover, reader.container.streams)):
        notes.append("the cover is left out: it can be had of a file, not of a pipe")
    try:
        new = mutagen.File(target)
        if old is not None and type(old) is type(new):
            _copy_all(old, new)
        elif new is not None:
            notes += common.write(found, new)
        elif target.suffix[1:].lower() not in MUXERS:
            notes += common.left_out(found.names())
        notes += common.left_out(own)
    except OSError:
        raise
    except Exception as error:  # as above
        if isinstance(error.__context__, OSError):  # mutagen's own, of a full disk
            raise error.__context__ from None
        notes.append(f"the tags could not be carried ({error})")
    return notes


def of(reader: Reader) -> common.Tags:
    """Return what is said of a recording, as far as formats share it; anything may be raised where it is damaged."""
    return _shared(reader, _opened(reader))


def _shared(reader: Reader, old: Any) -> common.Tags:
    found = common.read(old) if old is not None else common.Tags()
    if reader.path is not None:
        found = found.or_else(chunks.read_info(reader.path))
    if isinstance(reader, FfmpegReader):
        chapters = reader.container.chapters()
        found = found.or_else(common.from_ffmpeg(reader.metadata, chapters, reader.pictures()))
    return found


def _opened(reader: Reader) -> Any:
    """Return what mutagen makes of a recording: None of a pipe, and of some that FFmpeg reads."""
    if reader.path is not None:
        with contextlib.suppress(mutagen.MutagenError):
            return mutagen.File(reader.path)
    return None


def _copy_all(old: Any, new: Any) -> None:
    cues = getattr(old, "cuesheet", None)
    blocks = [block for block in getattr(old, "metadata_blocks", []) if block.code == _APPLICATION]
    if not old.tags and not getattr(old, "pictures", None) and not cues and not blocks:
        return
    if new.tags is None:
        new.add_tags()
    for key, value in common.ordered(old.tags).items():
        if not stale.is_stale(key):
            new.tags[key] = value
    for picture in getattr(old, "pictures", []):
        new.add_picture(picture)
    if cues:
        new.cuesheet = cues
    if blocks:
        new.metadata_blocks += blocks
    new.save()
