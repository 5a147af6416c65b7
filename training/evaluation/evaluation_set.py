"""Evaluation sets as files: ``sets/NAME.toml`` says where a set is from, how it was mixed and what it is used for."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.audio import audio_files
from training.evaluation.pairs import MixedPair, Pair, find_pairs

SETS = Path(__file__).parent / "sets"
AUDIO_VARIABLE = "DEEPDENOISE_AUDIO"
USES = {
    "development": "a development set: it chooses among trials, and so flatters what was chosen; others judge",
    "judging": "a judging set: no trial, setting or checkpoint is chosen by it",
}


@dataclass(frozen=True)
class EvaluationSet:
    """Pairs, and what they may be used for.

    Attributes
    ----------
    name, title
        For tables.
    use
        One of `USES`, or "" for a folder of which nothing is known.
    pairs
        Of clean and noisy recordings.
    """

    name: str
    title: str
    use: str
    pairs: Sequence[Pair]


def names() -> list[str]:
    """Return the names of the sets that have a file."""
    return sorted(path.stem for path in SETS.glob("*.toml"))


def find_set(given: str, audio: Path | None = None) -> EvaluationSet:
    """Find an evaluation set by its name, or take a folder of pairs.

    Parameters
    ----------
    given : str
        A name of `names`, or a folder that holds ``clean`` and ``noisy``.
    audio : Path, optional
        Folder below which the sets' recordings lie; by default the environment variable DEEPDENOISE_AUDIO.

    Raises
    ------
    ValueError
        If there is neither, the recordings are not there, or the set's file is wrong.
    """
    if given not in names():
        if Path(given).is_dir():
            return EvaluationSet(Path(given).resolve().name, Path(given).resolve().name, "", find_pairs(Path(given)))
        raise ValueError(
            f"'{given}' is neither an evaluation set ({', '.join(names())}) nor a folder with clean/ and noisy/."
        )
    root = audio or (Path(os.environ[AUDIO_VARIABLE]) if os.environ.get(AUDIO_VARIABLE) else None)
    if root is None:
        raise ValueError(
            f"where the recordings of {given} lie is not known: give --audio DIR, or set {AUDIO_VARIABLE}."
        )
    return read_set(SETS / f"{given}.toml", root)


def read_set(path: Path, audio: Path) -> EvaluationSet:
    """Read an evaluation set's file.

    Parameters
    ----------
    path : Path
        TOML with ``title``, ``use`` (a key of `USES`) and either ``pairs``, a folder of pairs below `audio`, or a table
        ``mix`` with ``speech`` and ``noise`` (folders below `audio`), ``sample_rate`` (Hz), ``pairs`` (their number),
        ``seconds``, ``snr_db`` (a list, in turn) and ``seed``. Further tables (``speech``, ``noise``, ``mixing``) say
        where the recordings come from, for the reader.
    audio : Path
        Folder below which the recordings lie.

    Raises
    ------
    ValueError
        If a key is missing or wrong, or there are no recordings; the message names the file or folder.
    """
    values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        title, use = values["title"], values["use"]
        if use not in USES:
            raise ValueError(f"{path}: use is '{use}'; it must be one of {', '.join(USES)}.")
        pairs: Sequence[Pair] = (
            find_pairs(audio / values["pairs"]) if "pairs" in values else _mixed(values["mix"], audio)
        )
    except KeyError as missing:
        raise ValueError(f"{path}: {missing} is missing.") from missing
    return EvaluationSet(path.stem, title, use, pairs)


def _mixed(mix: dict[str, Any], audio: Path) -> list[MixedPair]:
    """Pair recordings with noises: the n-th with the n-th, and each SNR in turn."""
    found = {}
    for role in ("speech", "noise"):
        folder = audio / mix[role]
        found[role] = [folder / name for name in audio_files(folder)]
        if not found[role]:
            raise ValueError(f"{folder} holds no recordings.")
    pairs = []
    for n in range(mix["pairs"]):
        # A stride of golden-section size visits all noises, and neighbours of other kinds.
        noise = found["noise"][round(n * 0.618 * len(found["noise"])) % len(found["noise"])]
        clean, snr = found["speech"][n % len(found["speech"])], mix["snr_db"][n % len(mix["snr_db"])]
        pairs.append(
            MixedPair(
                name=f"{n:03}",
                clean=clean,
                noise=noise,
                sample_rate=mix["sample_rate"],
                seconds=mix["seconds"],
                snr_db=snr,
                seed=mix["seed"] + n,
                labels={"noise": noise.stem, "snr_db": str(snr)},
            )
        )
    return pairs
