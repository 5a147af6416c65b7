"""Recorded noise backwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.audio import Audio
from training.data.effects.base import RecordedNoiseEffect
from training.data.state import Noise, State


@dataclass(frozen=True, kw_only=True)
class NoiseReverse(RecordedNoiseEffect):
    """Recorded noise played backwards."""

    kind = "noise_reverse"

    def change(self, rng: np.random.Generator, noise: Noise, state: State) -> Audio:
        """Turn it round."""
        return noise.audio[::-1]
