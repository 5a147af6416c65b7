"""What tags of different formats have in common: text, covers and chapters."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from mutagen.apev2 import APEv2
from mutagen.asf import ASFTags
from mutagen.flac import FLAC, Picture
from mutagen.flac import error as FLACError
from mutagen.id3 import APIC, CHAP, COMM, CTOC, ID3, TIT2, TXXX, USLT, CTOCFlags, Frames
from mutagen.mp4 import MP4Cover, MP4FreeForm, MP4Tags

from .stale import is_stale

_ID3 = {
    "album": "TALB",
    "albumartist": "TPE2",
    "artist": "TPE1",
    "bpm": "TBPM",
    "composer": "TCOM",
    "copyright": "TCOP",
    "date": "TDRC",
    "discnumber": "TPOS",
    "genre": "TCON",
    "isrc": "TSRC",
    "language": "TLAN",
    "organization": "TPUB",
    "title": "TIT2",
    "tracknumber": "TRCK",
}
_MP4 = {
    "album": "©alb",
    "albumartist": "aART",
    "artist": "©ART",
    "comment": "©cmt",
    "composer": "©wrt",
    "copyright": "cprt",
    "date": "©day",
    "description": "desc",
    "genre": "©gen",
    "lyrics": "©lyr",
    "title": "©nam",
}
_MP4_NUMBERS = {"discnumber": "disk", "tracknumber": "trkn"}
_MP4_FREE = "----:com.apple.iTunes:"
_ASF = {
    "album": "WM/AlbumTitle",
    "albumartist": "WM/AlbumArtist",
    "artist": "Author",
    "comment": "Description",
    "composer": "WM/Composer",
    "copyright": "Copyright",
    "date": "WM/Year",
    "genre": "WM/Genre",
    "title": "Title",
    "tracknumber": "WM/TrackNumber",
}
_FFMPEG = {"albumartist": "album_artist", "discnumber": "disc", "organization": "publisher", "tracknumber": "track"}
_OF_THE_CONTAINER = {
    "compatible_brands",
    "creation_time",
    "duration",
    "handler_name",
    "major_brand",
    "minor_version",
    "vendor_id",
}
_PICTURE_FORMATS = {"image/png": MP4Cover.FORMAT_PNG, "image/jpeg": MP4Cover.FORMAT_JPEG}


_CHAPTER = re.compile(r"chapter\d{3}")
"""Names of Vorbis comments that tell of chapters, https://wiki.xiph.org/Chapter_Extension."""

_DATE = re.compile(r"\d{4}(-\d\d(-\d\d([T ]\d\d(:\d\d(:\d\d)?)?)?)?)?")
"""Dates of ID3 (version 2.4, section 4)."""

_MOST = 65535
"""The largest number of a track or disc that MP4 holds."""


@dataclass(frozen=True)
class Cover:
    """A picture."""

    mime: str
    data: bytes
    kind: int = 3
    """As ID3 counts: 3 is the front cover."""


@dataclass(frozen=True)
class Chapter:
    """A part of a recording, in seconds."""

    start: float
    end: float
    title: str


@dataclass(frozen=True)
class Tags:
    """What formats share; text by the names of Vorbis comments, in small letters."""

    text: dict[str, list[str]] = field(default_factory=dict)
    covers: list[Cover] = field(default_factory=list)
    chapters: list[Chapter] = field(default_factory=list)

    def names(self) -> list[str]:
        """Name all that there is."""
        kinds = (("a cover", self.covers), ("chapters", self.chapters))
        return [*self.text, *(name for name, there in kinds if there)]

    def or_else(self, other: "Tags") -> "Tags":
        """Return these tags, and those of another source that are missing here."""
        return Tags({**other.text, **self.text}, self.covers or other.covers, self.chapters or other.chapters)


def ordered(tags: Any) -> dict[str, Any]:
    """Return what mutagen has read, in the order of the file: its own view of Vorbis comments has none."""
    if isinstance(tags, list):  # of Vorbis comments, whose names have no case, or of ASF's
        spelt: dict[str, str] = {}
        for key, _ in tags:
            spelt.setdefault(key.lower(), key)
        return {key: tags[key] for key in spelt.values()}  # type: ignore[call-overload]
    return dict(tags.items()) if tags else {}


def read(file: Any) -> Tags:
    """Read the tags of a file that mutagen has opened."""
    tags = file.tags
    if isinstance(tags, ID3):
        found = _read_id3(tags)
    elif isinstance(tags, MP4Tags):
        found = _read_mp4(tags)
    elif isinstance(tags, ASFTags):
        back = {name.lower(): key for key, name in _ASF.items()}
        found = Tags({back.get(key.lower(), key.lower()): [str(value)] for key, value in tags})
    elif isinstance(tags, APEv2):
        found = Tags({key.lower(): [str(text) for text in value] for key, value in tags.items() if value.kind == 0})
    else:
        found = _read_comments(file, tags)
    text = {key: value for key, value in found.text.items() if not is_stale(key)}
    covers = [replace(cover, mime=cover.mime.replace("image/jpg", "image/jpeg")) for cover in found.covers]
    return Tags(text, covers, found.chapters)


def from_ffmpeg(metadata: dict[str, str], chapters: list[Any], pictures: list[tuple[str, bytes]]) -> Tags:
    """Return what FFmpeg says of a file; pictures by MIME type."""
    back = {name: key for key, name in _FFMPEG.items()}
    text = {
        back.get(key.lower(), key.lower()): [value]
        for key, value in metadata.items()
        if not is_stale(key) and key.lower() not in _OF_THE_CONTAINER
    }
    return Tags(
        text,
        [Cover(mime, data) for mime, data in pictures],
        [
            Chapter(
                float(chapter["start"] * chapter["time_base"]),
                float(chapter["end"] * chapter["time_base"]),
                chapter["metadata"].get("title", ""),
            )
            for chapter in chapters
        ],
    )


def to_ffmpeg(tags: Tags, *, movie: bool) -> dict[str, str]:
    """Return text by the names that FFmpeg takes; of a movie without numbers that it would write as others."""
    return {
        _FFMPEG.get(key, key): "; ".join(values)
        for key, values in tags.text.items()
        if not (movie and key in _MP4_NUMBERS and _pair(values[0]) is None)
    }


def to_ffmpeg_chapters(tags: Tags) -> list[Any]:
    """Return chapters as PyAV takes them."""
    return [
        {
            "id": number,
            "start": round(1000 * chapter.start),
            "end": round(1000 * max(chapter.start, chapter.end)),
            "time_base": Fraction(1, 1000),
            "metadata": {"title": chapter.title},
        }
        for number, chapter in enumerate(tags.chapters)
    ]


def left_out(names: Sequence[str]) -> list[str]:
    """Return what the user should know of what a format has no place for."""
    return [f"left out, as this format does not hold it: {', '.join(names)}"] if names else []


def write(tags: Tags, file: Any) -> list[str]:
    """Write tags to a file that mutagen has opened, beside those that it has; return what the user should know."""
    if not (tags.text or tags.covers or tags.chapters):
        return []
    if file.tags is None:
        file.add_tags()
    target = file.tags
    if isinstance(target, ID3):
        lost = _write_id3(tags, target)
    elif isinstance(target, MP4Tags):
        lost = _write_mp4(tags, target)
    elif isinstance(target, ASFTags):
        lost = _write_asf(tags, target)
    else:
        lost = _write_comments(tags, file)
    file.save()
    return left_out(lost)


def _read_id3(tags: ID3) -> Tags:
    text = {name: [str(part) for part in tags[frame].text] for name, frame in _ID3.items() if frame in tags}
    for frame in tags.getall("TXXX"):
        text.setdefault(frame.desc.lower(), [str(part) for part in frame.text])
    comments = [frame for frame in tags.getall("COMM") if not is_stale(frame.desc) and not frame.desc]
    if comments:
        text["comment"] = [str(part) for part in comments[0].text]
    lyrics = tags.getall("USLT")
    if lyrics:
        text["lyrics"] = [str(lyrics[0].text)]
    covers = [Cover(frame.mime, frame.data, int(frame.type)) for frame in tags.getall("APIC")]
    chapters = [
        Chapter(frame.start_time / 1000, frame.end_time / 1000, str(frame.sub_frames.get("TIT2", "")))
        for frame in sorted(tags.getall("CHAP"), key=lambda frame: frame.start_time)
    ]
    return Tags(text, covers, chapters)


def _write_id3(tags: Tags, target: ID3) -> list[str]:
    for key, values in tags.text.items():
        if key in _ID3 and not (key == "date" and not all(_DATE.fullmatch(value) for value in values)):
            target.add(Frames[_ID3[key]](encoding=3, text=values))
        elif key == "comment":
            target.add(COMM(encoding=3, lang="XXX", desc="", text=values))
        elif key == "lyrics":
            target.add(USLT(encoding=3, lang="XXX", desc="", text="\n".join(values)))
        elif not _CHAPTER.match(key):
            target.add(TXXX(encoding=3, desc=key, text=values))
    for cover in tags.covers:
        target.add(APIC(encoding=3, mime=cover.mime, type=cover.kind, desc="", data=cover.data))
    names = []
    for number, chapter in enumerate(tags.chapters):
        names.append(f"ch{number}")
        times = {"start_time": round(1000 * chapter.start), "end_time": round(1000 * chapter.end)}
        title = [TIT2(encoding=3, text=[chapter.title])]
        target.add(CHAP(element_id=names[-1], **times, sub_frames=title))
    if names:
        flags = CTOCFlags.TOP_LEVEL | CTOCFlags.ORDERED
        target.add(CTOC(element_id="toc", flags=flags, child_element_ids=names, sub_frames=[]))
    return []


def _read_mp4(tags: MP4Tags) -> Tags:
    text: dict[str, list[str]] = {}
    for key, name in _MP4.items():
        if name in tags:
            text[key] = [str(value) for value in tags[name]]
    for key, name in _MP4_NUMBERS.items():
        if name in tags:
            text[key] = ["/".join(str(part) for part in pair if part) for pair in tags[name]]
    for key, values in tags.items():
        if key.startswith("----:") and not is_stale(key):
            text.setdefault(
                key.rpartition(":")[2].lower(), [bytes(value).decode("utf-8", "replace") for value in values]
            )
    mimes = {form: mime for mime, form in _PICTURE_FORMATS.items()}
    covers = [Cover(mimes.get(cover.imageformat, "image/jpeg"), bytes(cover)) for cover in tags.get("covr", [])]
    return Tags(text, covers)


def _write_mp4(tags: Tags, target: MP4Tags) -> list[str]:
    lost = []
    for key, values in tags.text.items():
        if key in _MP4:
            target[_MP4[key]] = values
        elif key in _MP4_NUMBERS:
            if numbers := _pair(values[0]):
                target[_MP4_NUMBERS[key]] = [numbers]
            else:
                lost.append(f"{key} {values[0]}")
        elif key.isascii():
            target[_MP4_FREE + key] = [MP4FreeForm(value.encode()) for value in values]
        else:
            lost.append(key)
    covers = [cover for cover in tags.covers if cover.mime in _PICTURE_FORMATS]
    if covers:
        target["covr"] = [MP4Cover(cover.data, _PICTURE_FORMATS[cover.mime]) for cover in covers]
    if len(covers) < len(tags.covers):
        lost.append("a cover that is neither PNG nor JPEG")
    return lost


def _pair(text: str) -> tuple[int, int] | None:
    """Return the number of a track or disc, and of all, 0 if it is not told; None if MP4 cannot hold them."""
    first, _, every = (part.strip() for part in text.partition("/"))
    if not first.isdecimal() or not (every or "0").isdecimal():
        return None
    numbers = int(first), int(every or 0)
    return numbers if max(numbers) <= _MOST else None


def _write_asf(tags: Tags, target: ASFTags) -> list[str]:
    for key, values in tags.text.items():
        target[_ASF.get(key, key)] = values
    return [name for name, there in (("covers", tags.covers), ("chapters", tags.chapters)) if there]


def _read_comments(file: Any, tags: Any) -> Tags:
    text: dict[str, list[str]] = {}
    covers = [Cover(picture.mime, picture.data, picture.type) for picture in getattr(file, "pictures", [])]
    titles: dict[str, dict[str, str]] = {}
    for key, values in ordered(tags).items():
        name = key.lower()
        if name == "metadata_block_picture":
            covers += [cover for value in values if (cover := _picture(value)) is not None]
        elif _CHAPTER.match(name):
            titles.setdefault(name[7:10], {})[name[10:]] = values[0]
        else:
            text[name] = [str(value) for value in values]
    starts = sorted((_seconds(entry.get("", "")), entry.get("name", "")) for entry in titles.values())
    ends = [start for start, _ in starts[1:]] + [file.info.length]
    chapters = [Chapter(start, end, title) for (start, title), end in zip(starts, ends, strict=True)] if starts else []
    return Tags(text, covers, chapters)


def _picture(value: str) -> Cover | None:
    try:
        picture = Picture(base64.b64decode(value))
    except (ValueError, FLACError):
        return None
    return Cover(picture.mime, picture.data, picture.type)


def _write_comments(tags: Tags, file: Any) -> list[str]:
    lost = []
    for key, values in tags.text.items():
        try:
            file.tags[key] = values
        except (KeyError, TypeError, ValueError):
            lost.append(key)
    for cover in tags.covers:
        picture = Picture()
        picture.mime, picture.data, picture.type = cover.mime, cover.data, cover.kind
        if isinstance(file, FLAC):
            file.add_picture(picture)
        else:
            encoded = base64.b64encode(picture.write()).decode("ascii")
            file.tags["metadata_block_picture"] = [*file.tags.get("metadata_block_picture", []), encoded]
    for number, chapter in enumerate(tags.chapters):
        minutes, seconds = divmod(chapter.start, 60)
        hours, minutes = divmod(int(minutes), 60)
        file.tags[f"CHAPTER{number:03d}"] = f"{hours:02d}:{minutes:02d}:{seconds:06.3f}"
        file.tags[f"CHAPTER{number:03d}NAME"] = chapter.title
    return lost


def _seconds(text: str) -> float:
    try:
        hours, minutes, seconds = text.split(":")
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    except ValueError:
        return 0.0
