"""Voices that no human has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.pools import Pools
from training.data.sources.base import Source
from training.data.state import Noise, unit
from training.tables import Range, check_range


@dataclass(frozen=True, kw_only=True)
class Creature(Source):
    """Voices so slow or fast, half of them backwards, that they might be any creature's.

    Attributes
    ----------
    slow, fast
        Ranges of their speeds.
    """

    kind = "creature"

    slow: Range = (0.35, 0.5)
    fast: Range = (1.9, 3.2)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(0.1, 1, slow=self.slow)
        check_range(1, 10, fast=self.fast)

    def __call__(self, rng: np.random.Generator, pools: Pools) -> Noise:
        """Draw one."""
        speed = rng.uniform(*(self.slow if rng.random() < 0.5 else self.fast))
        voice = pools.draw_voice(rng, pools.noise_pause_seconds, speed)
        return Noise(unit(voice[:: rng.choice((1, -1))]), "creature", recorded=False)
