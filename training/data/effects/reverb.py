"""Speech and noise in a room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.data.effects.base import Effect
from training.data.filters import convolve
from training.data.state import NOISE, SPEECH, TARGET, State
from training.tables import check_share


@dataclass(frozen=True, kw_only=True)
class Reverb(Effect):
    """Speech and noise in a simulated or a recorded room.

    Attributes
    ----------
    recorded
        Share of recorded rooms, if there are corpora of rooms.
    noise
        Share of the rooms that the noise is in too; else the noise was recorded with a room in it.
    early_target
        Whether the speech wanted back holds early reflections only, so that a network learns to dry rooms; else it
        keeps the room.
    """

    kind = "reverb"
    before: ClassVar[tuple[str, ...]] = ("snr",)
    after: ClassVar[tuple[str, ...]] = ("speech", "noise", "second_noise")
    needs_clips: ClassVar[bool] = True

    recorded: float = 0.0
    noise: float = 0.5
    early_target: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(recorded=self.recorded, noise=self.noise)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Draw a room, and put both into it."""
        pools = state.pools
        recorded = pools.recorded_rooms if rng.random() < self.recorded else None
        room = pools.rooms.draw(rng) if recorded is None else recorded.draw(rng)
        noise_too = rng.random() < self.noise
        if state.has_noise and noise_too:
            state.put(NOISE, convolve(state.noise, room.noise))
        if not state.has_speech:
            return
        if not self.early_target:
            state.put(SPEECH, convolve(state.speech, room.speech))
            return
        speech, early = convolve(state.speech, np.stack([room.speech, room.early]))
        state.put(SPEECH, speech)
        state.put(TARGET, early)
