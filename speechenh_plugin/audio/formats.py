"""Which file format a new recording gets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import soundfile

from ..errors import AudioFileError
from .recording import Form

DEPTHS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "ALAC_16": 16, "ALAC_24": 24}
"""Bits of the sample formats that hold whole numbers."""

_NEAREST = {
    "PCM_S8": ["PCM_U8", "PCM_16"],
    "PCM_U8": ["PCM_S8", "PCM_16"],
    "PCM_32": ["PCM_24"],
    "FLOAT": ["PCM_24"],
    "DOUBLE": ["FLOAT", "PCM_24"],
    "ALAC_24": ["PCM_24"],
}
_ENDINGS = {"AIF": "AIFF", "AIFC": "AIFF", "OGA": "OGG", "OPUS": "OGG", "SND": "AU"}
_LOSSY = ("MP3", "OGG")
_RATES = {
    "MP3": (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    "OPUS": (8000, 12000, 16000, 24000, 48000),
}
"""Rates in Hz that libsndfile takes; to the next one FFmpeg resamples."""

_UNSUITED = ("HTK", "MPC2K", "RAW", "SD2", "SDS", "WVE", "XI")
"""Formats of libsndfile that do not hold every rate exactly, or hold it in another file."""
# What comes in blocks of its own length would come back longer.
_NOT_WRITTEN = ("IMA_ADPCM", "MS_ADPCM", "GSM610", "MPEG_LAYER_III", "VORBIS", "OPUS")


@dataclass(frozen=True)
class _Muxer:
    name: str
    codecs: tuple[str, ...]  # the first one is the default


MUXERS = {
    "3gp": _Muxer("3gp", ("aac",)),
    "aac": _Muxer("adts", ("aac",)),
    "m4a": _Muxer("ipod", ("aac", "alac")),
    "m4b": _Muxer("ipod", ("aac", "alac")),
    "m4v": _Muxer("mp4", ("aac", "alac", "ac3", "eac3", "libmp3lame")),
    "mka": _Muxer("matroska", ("aac", "flac", "libopus", "libmp3lame", "ac3", "eac3", "pcm_s16le", "pcm_s24le")),
    "mkv": _Muxer("matroska", ("aac", "flac", "libopus", "libmp3lame", "ac3", "eac3", "pcm_s16le", "pcm_s24le")),
    "mov": _Muxer("mov", ("aac", "alac", "ac3", "pcm_s16le", "pcm_s24le")),
    "mp4": _Muxer("mp4", ("aac", "alac", "ac3", "eac3", "libmp3lame")),
    "webm": _Muxer("webm", ("libopus",)),
    "wma": _Muxer("asf", ("wmav2",)),
}
"""What FFmpeg writes, by endings."""

_CODECS = {
    "aac": "aac",
    "ac3": "ac3",
    "ALAC_16": "alac",
    "ALAC_24": "alac",
    "eac3": "eac3",
    "DOUBLE": "pcm_s24le",
    "FLAC": "flac",
    "FLOAT": "pcm_s24le",
    "MPEG_LAYER_III": "libmp3lame",
    "OPUS": "libopus",
    "PCM_16": "pcm_s16le",
    "PCM_24": "pcm_s24le",
    "PCM_32": "pcm_s24le",
    "PCM_S8": "pcm_s16le",
    "PCM_U8": "pcm_s16le",
    "VORBIS": "libopus",
    "wmav2": "wmav2",
}

_WHOLE = frozenset({"alac", "flac", "pcm_s16le", "pcm_s24le"})
"""Encoders that lose nothing."""

_SOUND_ONLY = ("WAV", "WAVEX", "RF64", "AIFF", "W64", "AU")
"""Containers, as `soundfile` names them, that never hold a picture."""

_INEXACT = {"adts": "AAC", "asf": "WMA"}
"""Containers that do not tell where in the first and last frames the sound begins and ends."""

EXTENSIONS = frozenset(
    {".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".rf64", ".snd", ".w64", ".wav"}
    | {f".{ending}" for ending in MUXERS}
)
"""File name endings (lower case) that are taken for recordings when a folder is listed; all can be written, too."""

VIDEO = frozenset({".3gp", ".m4v", ".mkv", ".mov", ".mp4", ".webm"})
"""Endings of files that keep the picture of their source."""


@dataclass(frozen=True)
class Target:
    """What a new file becomes.

    Attributes
    ----------
    container : str
        As `soundfile` names it; for FFmpeg, its muxer.
    subtype : str
        Sample format as `soundfile` names it; for FFmpeg, its encoder.
    library : {"libsndfile", "FFmpeg"}
        What writes it.
    picture : bool
        Whether it keeps the picture of a film.
    notes : list of str
        What the user should know of the choice.
    """

    container: str
    subtype: str
    library: str
    picture: bool = False
    notes: list[str] = field(default_factory=list)


def choose(name: str, form: Form) -> Target:
    """Choose the container and the sample format of a new file, by its ending and the file it is made from.

    Parameters
    ----------
    name : str
        The new file's.
    form : Form
        Of the file it is made from.

    Returns
    -------
    Target

    Raises
    ------
    AudioFileError
        If files with this ending cannot be written.
    """
    ending = Path(name).suffix[1:].lower()
    if ending in MUXERS:
        return _choose_codec(MUXERS[ending], form, f".{ending}" in VIDEO)
    container = _ENDINGS.get(ending.upper(), ending.upper())
    if container in _UNSUITED or container not in soundfile.available_formats():
        known = "wav, flac, mp3, ogg, opus, m4a, aiff, caf, w64; with a picture mp4, mov, mkv, webm"
        raise AudioFileError(f"{name}: files ending in '.{ending}' cannot be written; choose one of {known}")
    if ending == "opus":
        taken = form.sample_rate in _RATES["OPUS"]
        return Target("OGG", "OPUS", "libsndfile") if taken else Target("ogg", "libopus", "FFmpeg")
    if container == "MP3" and form.sample_rate not in _RATES["MP3"]:
        return Target("mp3", "libmp3lame", "FFmpeg")
    if container == form.container and container in _LOSSY and form.subtype in ("MPEG_LAYER_III", "VORBIS", "OPUS"):
        return Target(container, form.subtype, "libsndfile")
    if container == form.container == "OGG" and form.subtype in DEPTHS:
        return Target("ogg", "flac", "FFmpeg")
    kept = [] if form.subtype in _NOT_WRITTEN else [form.subtype]
    wanted = [*kept, *_NEAREST.get(form.subtype, []), "PCM_16"]
    subtype = _first(container, wanted) or soundfile.default_subtype(container)
    notes = []
    if DEPTHS.get(form.subtype, 0) > DEPTHS.get(subtype, 32):
        notes.append(f"{container} holds no {DEPTHS[form.subtype]} bits: the output has {DEPTHS[subtype]}")
    if container not in _LOSSY and form.subtype in _NOT_WRITTEN[:4] and container == form.container.replace("X", ""):
        notes.append(f"{form.subtype} is not written within {container}: the output is {subtype}")
    return Target(container, subtype, "libsndfile", notes=notes)


def _first(container: str, subtypes: Sequence[str]) -> str | None:
    known = soundfile.available_subtypes(container)
    return next((subtype for subtype in subtypes if subtype in known and "ALAC" not in subtype), None) or next(
        (subtype for subtype in subtypes if subtype in known), None
    )


def _choose_codec(muxer: _Muxer, form: Form, picture: bool) -> Target:
    own = _CODECS.get("FLAC" if form.container == "FLAC" else form.subtype, muxer.codecs[0])
    codec = own
    if picture and own in _WHOLE and own not in muxer.codecs:
        codec = "alac"
    if form.container in _SOUND_ONLY or codec not in muxer.codecs:
        codec = muxer.codecs[0]  # who turns a WAV file into a film or a podcast wants it small
    notes = []
    lossless = picture and own in _WHOLE and form.container not in _SOUND_ONLY and codec not in _WHOLE
    other = form.subtype not in ("aac", codec) and form.subtype == form.subtype.lower() and codec == muxer.codecs[0]
    if lossless or other:
        notes.append(f"the sound was {form.subtype}: the output is {av.Codec(codec, 'w').canonical_name}")
    if muxer.name in _INEXACT:
        notes.append(f"{_INEXACT[muxer.name]} states no exact length: silence may surround the sound; m4a is exact")
    return Target(muxer.name, codec, "FFmpeg", picture, notes)
