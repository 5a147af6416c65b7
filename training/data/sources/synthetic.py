"""Noise made in code, of any kind that there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.audio import Audio
from training.data.pools import Pools
from training.data.sources.base import Source
from training.data.sources.bursts import bursts
from training.data.sources.clicks import clicks
from training.data.sources.coloured import brown, coloured, pink, white
from training.data.sources.cries import cries
from training.data.sources.fan import fan
from training.data.sources.hum import hum
from training.data.sources.notes import notes
from training.data.state import Noise

KINDS: dict[str, Callable[[np.random.Generator, int, int], Audio]] = {
    made.__name__: made for made in (white, pink, brown, coloured, hum, fan, clicks, bursts, notes, cries)
}
"""Functions of a generator, a number of samples and a sampling rate that give noise of unit power."""


@dataclass(frozen=True, kw_only=True)
class Synthetic(Source):
    """Noise made in code.

    Attributes
    ----------
    of
        Names of the kinds, drawn from alike.
    """

    kind = "synthetic"

    of: tuple[str, ...] = ("white", "pink", "brown", "coloured", "hum", "fan", "clicks", "bursts", "notes")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.of:
            if name not in KINDS:
                raise ValueError(f"of names {name!r}; there are {', '.join(KINDS)}.")
        if not self.of:
            raise ValueError("of names no kind of noise.")

    def __call__(self, rng: np.random.Generator, pools: Pools) -> Noise:
        """Make one."""
        name = self.of[int(rng.integers(len(self.of)))]
        return Noise(KINDS[name](rng, pools.samples, pools.rate), f"synthetic/{name}", recorded=False)
