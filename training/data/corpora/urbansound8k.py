"""UrbanSound8K: 8,732 urban sounds of ten classes (Salamon, Jacoby & Bello 2014)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from training.audio import SUFFIXES
from training.data.corpora.base import Clip, Corpus, CorpusError, LazyClips, check_split

CLASSES = (
    "air_conditioner",
    "car_horn",
    "children_playing",
    "dog_bark",
    "drilling",
    "engine_idling",
    "gun_shot",
    "jackhammer",
    "siren",
    "street_music",
)
"""Names of the classes, in the order of their numbers."""

TEST_FOLD = 10

_NAME = re.compile(r"(?P<recording>\d+)-(?P<kind>\d)-\d+-\d+")
_COLUMNS = ("slice_file_name", "fsID", "fold", "class")


class UrbanSound8K(Corpus):
    """UrbanSound8K in its own layout: ``metadata/UrbanSound8K.csv``, ``audio/fold1`` to ``fold10``.

    Fold 10 is test, `dev_fold` is dev, the others are train: no recording is in two folds.
    Without the table, clips are found by their names, ``fsID-classID-occurrenceID-sliceID``,
    in ``audio/foldN`` or ``foldN``. Files may have any ending that libsndfile reads.

    Parameters
    ----------
    root
        Folder that holds ``audio`` (or the folds).
    weight
        How often it is drawn from, beside other corpora.
    classes
        Names of the classes wanted, as a sequence or joined by commas; all by default.
    dev_fold
        Fold kept for dev, 1 to 9.

    Raises
    ------
    CorpusError
        If there is no fold, the table lacks a column, or a class does not exist.

    Examples
    --------
    >>> UrbanSound8K(Path("UrbanSound8K"), classes="siren").clips("test")  # doctest: +SKIP
    """

    kind = "urbansound8k"

    def __init__(
        self,
        root: Path,
        weight: float = 1.0,
        *,
        classes: str | Sequence[str] = CLASSES,
        dev_fold: str | int = 9,
    ) -> None:
        super().__init__(root, weight, "CC BY-NC 3.0")
        wanted = classes.split(",") if isinstance(classes, str) else list(classes)
        for name in wanted:
            if name not in CLASSES:
                raise CorpusError(f"urbansound8k: no class {name!r}; it has {', '.join(CLASSES)}.")
        self._audio = root / "audio" if (root / "audio").is_dir() else root
        if not any(self._fold(fold).is_dir() for fold in range(1, 11)):
            raise CorpusError(f"urbansound8k: {root} has no folder audio/fold1 ... audio/fold10.")
        table = root / "metadata" / "UrbanSound8K.csv"
        rows = self._from_table(table) if table.is_file() else self._from_names()
        self._clips: dict[str, list[Clip]] = {"train": [], "dev": [], "test": []}
        for fold, clip in rows:
            if clip.kind in wanted:
                split = {int(dev_fold): "dev", TEST_FOLD: "test"}.get(fold, "train")
                self._clips[split].append(clip)

    def clips(self, split: str) -> Sequence[Clip]:  # noqa: D102 (as the base class says)
        check_split(split)
        clips = self._clips[split]
        return LazyClips(len(clips), clips.__getitem__)

    def _fold(self, fold: int) -> Path:
        return self._audio / f"fold{fold}"

    def _from_names(self) -> Iterator[tuple[int, Clip]]:
        for fold in range(1, 11):
            for path in sorted(self._fold(fold).glob("[0-9]*")):
                name = _NAME.fullmatch(path.stem)
                if name and path.suffix.lower() in SUFFIXES:
                    kind = CLASSES[int(name["kind"])]
                    yield fold, Clip(path, f"fold{fold}/{path.stem}", name["recording"], kind)

    def _from_table(self, table: Path) -> Iterator[tuple[int, Clip]]:
        with table.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise CorpusError(f"urbansound8k: {table} has no column {', '.join(missing)}.")
            for row in reader:
                fold = int(row["fold"])
                path = self._fold(fold) / row["slice_file_name"]
                name = f"fold{fold}/{path.stem}"
                yield fold, Clip(path, name, row["fsID"], row["class"])
