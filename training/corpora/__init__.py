"""Corpora of speech and noise: each gives the clips of a split, with speaker, kind and licence."""

from training.corpora.base import SPLITS, Clip, Corpus, CorpusError
from training.corpora.common_voice import CommonVoice
from training.corpora.folder import Folder
from training.corpora.spec import parse
from training.corpora.urbansound8k import UrbanSound8K

__all__ = [
    "SPLITS",
    "Clip",
    "CommonVoice",
    "Corpus",
    "CorpusError",
    "Folder",
    "UrbanSound8K",
    "parse",
]
