"""``python -m training.data.repositories CLONES OUT``: speech of free licences from clones of public repositories.

CLONES holds what ``git clone https://github.com/OWNER/NAME`` has left of each entry of `CHOICES`, as CLONES/NAME. Files
are copied as they are to OUT/speech/NAME, called ``READER_piece.EXT``, so that ``^(.*)_[^_]*$`` tells the speaker.
Readers of the development sets are left out (`JUDGES`).
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

JUDGES = (
    "Batisti", "Coudoin", "Nicoletto", "Wycherley", "Charruau", "Feng Jie", "Agrusti", "somlai", "Jonas Jak",
)  # fmt: skip
"""Parts of the names of GCompris's readers whom the development set dev48 holds, in whatever language they read."""

SPELT_OTHERWISE = {"AlexeyVLubimov": "AlexeyLubimov", "PublicDomain": ""}
"""Names of GCompris's readers whom its LICENSE gives another name elsewhere, or none."""

NOISY_LANGUAGES = frozenset({"af", "da", "he", "nb", "pa", "sr", "sv", "tr"})
"""Languages whose GCompris recordings hold audible noise."""


class RepositoryError(Exception):
    """A clone that is missing or has another layout; the message says what to do."""


@dataclass(frozen=True)
class Recording:
    """A file to take.

    Attributes
    ----------
    path : Path
        Where it is.
    reader : str
        Who speaks: letters and digits.
    """

    path: Path
    reader: str


@dataclass(frozen=True)
class Choice:
    """Speech wanted from a repository.

    Attributes
    ----------
    repository : str
        OWNER/NAME on GitHub.
    licence : str
        Of what is taken, as the repository states it.
    recordings : callable
        From the clone's folder to the recordings to take, in an order in which a reader's files stand together.
    """

    repository: str
    licence: str
    recordings: Callable[[Path], Iterator[Recording]]

    @property
    def name(self) -> str:
        """Name of the clone's folder."""
        return self.repository.split("/")[1]


def gcompris(clone: Path) -> Iterator[Recording]:
    """Yield the files that LICENSE gives a reader and a licence, but those of `JUDGES` and `NOISY_LANGUAGES`.

    LICENSE holds ``./LANGUAGE/FOLDER:`` lines, and below each ``FILE  READER [YEAR] / LICENCE`` lines. Where a line
    names no person, the language's unnamed reader speaks. Who reads several languages is one reader.
    """
    files = list(_gcompris_files(clone))
    languages: dict[str, set[str]] = {}
    for _, language, person in files:
        languages.setdefault(person, set()).add(language)
    for path, language, person in files:
        one = person and len(languages[person]) > 1
        yield Recording(path, person if one else f"{language}{person or 'Unnamed'}")


def _gcompris_files(clone: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield files, the language of each, and its reader's name, "" where there is none."""
    folder = ""
    for line in (clone / "LICENSE").read_text(encoding="utf-8", errors="replace").splitlines():
        if header := re.fullmatch(r"\./(\S+):\s*", line):
            folder = header[1]
            continue
        entry = re.fullmatch(r"(\S+\.(?:ogg|aac|m4a))\s+(\S.*)", line)
        if not entry or any(judge in entry[2] for judge in JUDGES):
            continue
        language = folder.split("/")[0]
        path = clone / folder / entry[1]
        if language in NOISY_LANGUAGES or not path.is_file():
            continue
        person = re.split(r"GPL|FDL|GNU|Creative| ?\(?\d{4}| / |<|\(voice", entry[2])[0]
        name = re.sub(r"[^A-Za-z0-9]", "", person)
        yield path, language, SPELT_OTHERWISE.get(name, name)


def flemishguy(clone: Path) -> Iterator[Recording]:
    """Yield the sentences of the one reader."""
    for path in sorted((clone / "wavs").glob("*.wav")):
        yield Recording(path, "nlFlemishguy")


def audio_cmn(clone: Path) -> Iterator[Recording]:
    """Yield the words of one reader, and the syllables of another, in the highest quality of each."""
    for path in sorted((clone / "96k" / "hsk").glob("*.mp3")):
        yield Recording(path, "cmnYueTan")
    for path in sorted((clone / "64k" / "syllabs").glob("*.mp3")):
        yield Recording(path, "cmnChenWang")


CHOICES = (
    Choice("gcompris/GCompris-voices", "GPL-2+, GPL-3+, CC BY-SA, public domain (LICENSE names each file's)", gcompris),
    Choice("rhasspy/dataset-voice-flemishguy", "CC0", flemishguy),
    Choice("hugolpz/audio-cmn", "CC BY-SA", audio_cmn),
)


def collect(choice: Choice, clones: Path, out: Path) -> int:
    """Copy what is chosen of a clone.

    Parameters
    ----------
    choice : Choice
        What to take.
    clones : Path
        Folder of clones.
    out : Path
        Folder for the files; made if missing.

    Returns
    -------
    int
        Number of files.

    Raises
    ------
    RepositoryError
        If the clone is missing, or holds none of what is wanted.
    """
    clone = clones / choice.name
    if not clone.is_dir():
        raise RepositoryError(
            f"{clone} is missing: run 'git clone https://github.com/{choice.repository}' in {clones}."
        )
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, recording in enumerate(choice.recordings(clone), 1):
        shutil.copyfile(recording.path, out / f"{recording.reader}_{count:05d}{recording.path.suffix}")
    if not count:
        raise RepositoryError(
            f"{clone} holds none of the files wanted: clone https://github.com/{choice.repository} anew."
        )
    return count


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.data.repositories", description=__doc__.split("\n")[0])
    parser.add_argument("clones", type=Path, help="folder of clones, each under its repository's name")
    parser.add_argument("out", type=Path, help="folder for the files: OUT/speech/NAME")
    options = parser.parse_args(arguments)
    try:
        for choice in CHOICES:
            folder = options.out / "speech" / choice.name
            print(f"{folder}: {collect(choice, options.clones, folder)} files, {choice.licence}", flush=True)
    except (RepositoryError, OSError) as error:
        print(f"training.data.repositories: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
