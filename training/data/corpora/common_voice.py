"""Mozilla Common Voice: read speech of many volunteers in one language."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from training.data.corpora.base import SPLITS, Clip, Corpus, CorpusError, LazyClips, check_split


class CommonVoice(Corpus):
    """One language of Mozilla Common Voice in its own layout.

    The folder holds ``train.tsv``, ``dev.tsv``, ``test.tsv`` and ``clips/*.mp3``. A row whose
    speaker (``client_id``) is also in the test table, or for train in the dev table, is left
    out, so that no speaker is in two splits. Rows stay on disk: 8 bytes of memory a clip.

    Parameters
    ----------
    root
        Folder of the language, such as ``cv-corpus-21.0-2025-03-14/en``.
    weight
        How often it is drawn from, beside other corpora.

    Raises
    ------
    CorpusError
        If a table, a column or the folder ``clips`` is missing.

    Examples
    --------
    >>> len(CommonVoice(Path("cv-corpus-21.0-2025-03-14/en")).clips("train"))  # doctest: +SKIP
    1116284
    """

    kind = "common_voice"

    def __init__(self, root: Path, weight: float = 1.0) -> None:
        super().__init__(root, weight, "CC0-1.0")
        if not (root / "clips").is_dir():
            raise CorpusError(f"common_voice: {root} has no folder clips.")
        taken: set[bytes] = set()
        self._tables: dict[str, _Table] = {}
        for split in reversed(SPLITS):  # test first: its speakers are taken from the others
            table = _Table(root / f"{split}.tsv", taken)
            self._tables[split] = table
            if split != "train":
                taken |= table.speakers()

    def clips(self, split: str) -> Sequence[Clip]:  # noqa: D102 (as the base class says)
        check_split(split)
        table = self._tables[split]
        return LazyClips(len(table), lambda index: self._clip(table, index))

    def _clip(self, table: _Table, index: int) -> Clip:
        speaker, file = table.row(index)
        path = self.root / "clips" / file
        if not path.suffix:  # releases before 2020 name clips without the ending
            path = path.with_suffix(".mp3")
        return Clip(path, path.stem, speaker, "speech")


class _Table:
    """Offsets of the rows of a TSV whose speakers are not `taken` by another split."""

    def __init__(self, path: Path, taken: set[bytes]) -> None:
        if not path.is_file():
            raise CorpusError(f"common_voice: there is no table {path}.")
        self._path = path
        self._offsets = array("Q")
        with path.open("rb") as file:
            header = file.readline().decode("utf-8-sig").rstrip("\r\n").split("\t")
            try:
                self._speaker, self._file = header.index("client_id"), header.index("path")
            except ValueError as error:
                raise CorpusError(f"common_voice: {path} has no column client_id or no column path.") from error
            offset = file.tell()
            for line in file:
                speaker, name = self._fields(line)
                if speaker and name and _digest(speaker) not in taken:
                    self._offsets.append(offset)
                offset += len(line)

    def __len__(self) -> int:
        return len(self._offsets)

    def row(self, index: int) -> tuple[str, str]:
        """Speaker and file name of a clip."""
        with self._path.open("rb") as file:
            file.seek(self._offsets[index])
            speaker, name = self._fields(file.readline())
        return speaker.decode(), name.decode()

    def speakers(self) -> set[bytes]:
        """Digests of the speakers in the table."""
        return set(self._digests())

    def _digests(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            for offset in self._offsets:
                file.seek(offset)
                yield _digest(self._fields(file.readline())[0])

    def _fields(self, line: bytes) -> tuple[bytes, bytes]:
        """Speaker and file name of a row; empty when the row is too short."""
        fields = line.rstrip(b"\r\n").split(b"\t")
        if len(fields) <= max(self._speaker, self._file):
            return b"", b""
        return fields[self._speaker], fields[self._file]


def _digest(speaker: bytes) -> bytes:
    return blake2b(speaker, digest_size=8).digest()
