"""Corpora as a command line names them: ``KIND:PATH[?OPTION=VALUE&...][@WEIGHT]``."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from training.data.corpora.base import Corpus, CorpusError
from training.data.corpora.common_voice import CommonVoice
from training.data.corpora.folder import Folder
from training.data.corpora.urbansound8k import UrbanSound8K

KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in (CommonVoice, UrbanSound8K, Folder)}

_SPEC = re.compile(r"(?P<kind>\w+):(?P<path>.+?)(\?(?P<options>\w+=[^?@]*))?(@(?P<weight>\d+(\.\d+)?|\.\d+))?")


def parse(spec: str) -> Corpus:
    """Open the corpus that a specification names.

    Parameters
    ----------
    spec
        ``KIND:PATH``, with ``?OPTION=VALUE&OPTION=VALUE`` and ``@WEIGHT`` when wanted. Options
        are the keyword arguments of the corpus class: `licence`, `split` and `speaker` of a folder,
        `classes` of UrbanSound8K. Beside other corpora, one of weight 0.5 is drawn from half
        as often as one of weight 1, whatever their sizes.

    Returns
    -------
    Corpus

    Raises
    ------
    CorpusError
        If the specification, or what lies at its path, is not right.

    Examples
    --------
    >>> parse("urbansound8k:UrbanSound8K?classes=siren,drilling@0.5")  # doctest: +SKIP
    >>> parse("folder:my/recordings?licence=CC0")  # doctest: +SKIP
    """
    found = _SPEC.fullmatch(spec)
    if found is None or found["kind"] not in KINDS:
        raise CorpusError(
            f"{spec!r} names no corpus: write KIND:PATH, KIND being {', '.join(KINDS)}, "
            "with ?OPTION=VALUE and @WEIGHT when wanted."
        )
    corpus = KINDS[found["kind"]]
    options = dict(part.partition("=")[::2] for part in (found["options"] or "").split("&") if part)
    known = inspect.getfullargspec(corpus.__init__).kwonlyargs
    for name in options:
        if name not in known:
            raise CorpusError(f"{spec!r}: {found['kind']} has no option {name!r}; it has {', '.join(known)}.")
    weight = float(found["weight"] or 1)
    if weight == 0:
        raise CorpusError(f"{spec!r}: a weight is greater than 0.")
    opened: Corpus = corpus(Path(found["path"]).expanduser(), weight, **options)
    return opened
