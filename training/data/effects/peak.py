"""Room below full scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.data.effects.base import Effect
from training.data.state import State
from training.tables import check_least


@dataclass(frozen=True, kw_only=True)
class Peak(Effect):
    """Turn a mixture down whose greatest sample exceeds a limit, as files of whole numbers need.

    Attributes
    ----------
    limit
        Greatest sample.
    """

    kind = "peak"
    after: ClassVar[tuple[str, ...]] = ("snr", "level", "gain")

    limit: float = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(1e-6, limit=self.limit)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Scale all."""
        greatest = max(float(np.abs(state.noisy).max()), float(np.abs(state.target).max()))
        if greatest > self.limit:
            state.scale(self.limit / greatest)
