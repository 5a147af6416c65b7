"""Clipping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.data.effects.base import Effect
from training.data.filters import log_uniform
from training.data.state import NOISE, SPEECH, TARGET, State
from training.tables import Range, check_range


@dataclass(frozen=True, kw_only=True)
class Clip(Effect):
    """Clip the mixture, and with it the speech wanted back, which a denoiser cannot mend.

    Attributes
    ----------
    share
        Range of the share of samples that are clipped, drawn from on a logarithmic scale.
    """

    kind = "clip"
    after: ClassVar[tuple[str, ...]] = ("snr",)

    share: Range = (1e-4, 0.02)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(1e-9, 1, share=self.share)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Clip at the level that so many samples of the mixture exceed."""
        noisy = state.noisy
        level = float(np.quantile(np.abs(noisy), 1 - log_uniform(rng, *self.share)))
        if level == 0:
            return
        speech = np.clip(state.speech, -level, level)
        if state.has_target:
            state.put(TARGET, np.clip(state.target, -level, level))
        state.put(NOISE, np.clip(noisy, -level, level) - speech)
        state.put(SPEECH, speech)
