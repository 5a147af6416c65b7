"""Recorded noise made stationary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from training.audio import Audio
from training.data.effects.base import RecordedNoiseEffect
from training.data.state import Noise, State


@dataclass(frozen=True, kw_only=True)
class Steady(RecordedNoiseEffect):
    """Recorded noise made stationary: the spectrum of the whole stays, its phases become random.

    What hums, hisses or rattles then does so evenly, as fans, motors and air do, in colours that real things have.
    """

    kind = "steady"

    def change(self, rng: np.random.Generator, noise: Noise, state: State) -> Audio:
        """Even it out."""
        samples = len(noise.audio)
        size = fft.next_fast_len(samples, real=True)
        spectrum = fft.rfft(noise.audio, size)
        turns = np.exp(2j * np.pi * rng.random(spectrum.shape[-1], dtype=np.float32)).astype(np.complex64)
        return np.asarray(fft.irfft(spectrum * turns, size)[:samples], dtype=np.float32)
