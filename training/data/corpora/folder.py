"""Any folder tree of audio files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from training.audio import SUFFIXES, audio_files
from training.data.corpora.base import (
    NOT_STATED,
    SPLITS,
    Clip,
    Corpus,
    CorpusError,
    LazyClips,
    check_split,
    hashed_split,
)


class Folder(Corpus):
    """Any folder tree of audio files.

    The split of a file is, in this order:

    - `split`, when given: the whole folder belongs to it;
    - the top folder's name, when the root holds folders called train, dev or test;
    - else a hash of its speaker: 80 % train, 10 % dev, 10 % test.

    The speaker is what `speaker` finds in the file's path. Without it, or where it finds nothing, it is the file's
    name up to the first ``-`` (``103-1240-0003.flac`` of LibriSpeech); without one, the folder that the file is in
    (``p225/p225_001.wav`` of VCTK); and in the root itself, the file's whole name.

    Parameters
    ----------
    root
        Top of the tree; hidden files and folders are left out.
    weight
        How often it is drawn from, beside other corpora.
    licence
        Licence of the audio.
    split
        "train", "dev" or "test" to give the whole folder to one split.
    speaker
        Regular expression for a file's path inside the folder: the speaker is what its first group matches, or all of
        it if it has none. ``^[a-z]+_`` tells ``en_digits_0.flac`` from ``fr_digits_0.flac``; ``^`` says that all files
        are of one speaker (then give `split` as well).

    Raises
    ------
    CorpusError
        If the folder is missing or holds no audio file, or `split` or `speaker` cannot be understood.

    Examples
    --------
    >>> [clip.speaker for clip in Folder(Path("LibriSpeech")).clips("dev")]  # doctest: +SKIP
    ['1034', '1034', '1098']
    """

    kind = "folder"

    def __init__(
        self,
        root: Path,
        weight: float = 1.0,
        *,
        licence: str = NOT_STATED,
        split: str | None = None,
        speaker: str | None = None,
    ) -> None:
        super().__init__(root, weight, licence)
        try:
            self._pattern = None if speaker is None else re.compile(speaker)
        except re.error as error:
            raise CorpusError(f"folder: {speaker!r} is no regular expression for speakers: {error}.") from error
        if split is not None:
            check_split(split)
        self._split = split
        self._by_folder = any((root / name).is_dir() for name in SPLITS)
        self._files: dict[str, list[str]] = {name: [] for name in SPLITS}
        for file in audio_files(root):
            of_file = self._split_of(PurePosixPath(file))
            if of_file is not None:
                self._files[of_file].append(file)
        if self._pattern:
            for files in self._files.values():
                files.sort(key=lambda file: self._speaker_of(PurePosixPath(file)))
        if not any(self._files.values()):
            raise CorpusError(f"folder: {root} holds no audio file ({' '.join(sorted(SUFFIXES))}).")

    def clips(self, split: str) -> Sequence[Clip]:  # noqa: D102 (as the base class says)
        check_split(split)
        files = self._files[split]
        return LazyClips(len(files), lambda index: self._clip(files[index]))

    def _clip(self, file: str) -> Clip:
        path = PurePosixPath(file)
        kind = path.parent.name or self.root.resolve().name
        return Clip(self.root / path, str(path.with_suffix("")), self._speaker_of(path), kind)

    def _split_of(self, file: PurePosixPath) -> str | None:
        if self._split is not None:
            return self._split
        if self._by_folder:
            return file.parts[0] if file.parts[0] in SPLITS else None
        return hashed_split(self._speaker_of(file))

    def _speaker_of(self, file: PurePosixPath) -> str:
        found = self._pattern.search(file.as_posix()) if self._pattern else None
        if found is None:
            return speaker_of(file)
        return found[1] or "" if found.re.groups else found[0]


def speaker_of(file: PurePosixPath) -> str:
    """Speaker that a file's name or folder tells.

    Examples
    --------
    >>> speaker_of(PurePosixPath("dev/103-1240-0003.flac"))
    '103'
    >>> speaker_of(PurePosixPath("p225/p225_001.wav"))
    'p225'
    """
    speaker, dash, _ = file.stem.partition("-")
    if dash and speaker:
        return speaker
    return file.parent.as_posix() if file.parent.parts else file.stem
