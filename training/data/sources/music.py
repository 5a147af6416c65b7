"""Music of a corpus, as noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.pools import Pools
from training.data.sources.base import Source
from training.data.state import Noise, unit


@dataclass(frozen=True, kw_only=True)
class Music(Source):
    """Stretches of the corpora whose role is music."""

    kind = "music"

    def __call__(self, rng: np.random.Generator, pools: Pools) -> Noise:
        """Draw one."""
        assert pools.music is not None
        audio, name = pools.music.noise(rng, pools.samples, (0.0, 0.0))
        return Noise(unit(audio), name, recorded=False)
