"""Noises that are no clips of a corpus of noise: one idea a file, one line each in `SOURCES`."""

from training.data.sources.babble import Babble
from training.data.sources.base import Source
from training.data.sources.creature import Creature
from training.data.sources.music import Music
from training.data.sources.synthetic import Synthetic

SOURCES: dict[str, type[Source]] = {source.kind: source for source in (Babble, Creature, Music, Synthetic)}
"""Sources by the names that recipes call them."""

__all__ = ["SOURCES", "Source"]
