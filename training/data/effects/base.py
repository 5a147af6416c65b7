"""What every effect is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.audio import Audio
from training.data.state import Noise, State
from training.tables import check_share


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One thing done to a mixture, with a probability and ranges of its own.

    Attributes
    ----------
    probability
        Share of the mixtures that get it, 0 to 1.
    kind
        Name in recipes.
    before, after
        Kinds of effects that it must precede or follow, where a recipe has them.
    needs_speech, needs_noise
        Whether mixtures without speech, or without noise, are passed over.
    needs_clips
        Whether it acts on clips or draws from pools: it cannot be applied to mixtures of a bank.
    """

    kind: ClassVar[str]
    before: ClassVar[tuple[str, ...]] = ()
    after: ClassVar[tuple[str, ...]] = ("speech",)
    needs_speech: ClassVar[bool] = False
    needs_noise: ClassVar[bool] = False
    needs_clips: ClassVar[bool] = False

    probability: float = 1.0

    def __post_init__(self) -> None:
        check_share(probability=self.probability)

    def __call__(self, rng: np.random.Generator, state: State) -> None:
        """Apply the effect if chance has it so.

        Parameters
        ----------
        rng
            Draws everything.
        state
            Changed in place.
        """
        drawn = rng.random() < self.probability
        if drawn and (state.has_speech or not self.needs_speech) and (state.has_noise or not self.needs_noise):
            self.apply(rng, state)
            state.effects.append(self.kind)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Apply the effect."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class RecordedNoiseEffect(Effect):
    """An effect on each recorded noise, before noises are added up; each has its own chance."""

    before: ClassVar[tuple[str, ...]] = ("snr",)
    after: ClassVar[tuple[str, ...]] = ("noise",)
    needs_noise: ClassVar[bool] = True
    needs_clips: ClassVar[bool] = True

    def __call__(self, rng: np.random.Generator, state: State) -> None:
        """Apply the effect to the noises that chance chooses."""
        chosen = [noise for noise in state.noises if noise.recorded and rng.random() < self.probability]
        for noise in chosen:
            noise.audio = self.change(rng, noise, state)
        if chosen:
            state.effects.append(self.kind)

    def change(self, rng: np.random.Generator, noise: Noise, state: State) -> Audio:
        """Give the noise as the effect has it, (samples,) float32."""
        raise NotImplementedError
