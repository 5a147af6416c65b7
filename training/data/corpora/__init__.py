"""Corpora of speech and noise: each gives the clips of a split, with speaker, kind and licence."""

from training.data.corpora.base import SPLITS, Clip, Corpus, CorpusError
from training.data.corpora.common_voice import CommonVoice
from training.data.corpora.folder import Folder
from training.data.corpora.spec import CorpusSpec, check_folders, open_all, parse
from training.data.corpora.urbansound8k import UrbanSound8K

__all__ = [
    "SPLITS",
    "Clip",
    "CommonVoice",
    "Corpus",
    "CorpusError",
    "CorpusSpec",
    "Folder",
    "UrbanSound8K",
    "check_folders",
    "open_all",
    "parse",
]
