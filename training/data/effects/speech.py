"""Clips of speech."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.data.effects.base import Effect
from training.data.state import SPEECH, State


@dataclass(frozen=True, kw_only=True)
class Speech(Effect):
    """Draw a stretch of speech: a clip, and the next ones of its speaker while it is too short."""

    kind = "speech"
    before: ClassVar[tuple[str, ...]] = ("snr",)
    after: ClassVar[tuple[str, ...]] = ()
    needs_speech: ClassVar[bool] = True
    needs_clips: ClassVar[bool] = True

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Draw it."""
        pools = state.pools
        audio, names, bandwidth = pools.speech.speech(rng, state.samples, pools.pause_seconds, state.speech_speed)
        state.put(SPEECH, audio)
        state.speech_names = names
        state.bandwidth_hz = bandwidth
