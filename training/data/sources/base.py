"""What every noise source is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.data.pools import Pools
from training.data.state import Noise
from training.tables import check_share


@dataclass(frozen=True, kw_only=True)
class Source:
    """Noise that is no clip of a corpus of noise.

    Attributes
    ----------
    share
        Share of the noises that come from it, 0 to 1.
    """

    kind: ClassVar[str]

    share: float

    def __post_init__(self) -> None:
        check_share(share=self.share)

    def __call__(self, rng: np.random.Generator, pools: Pools) -> Noise:
        """Draw a noise of unit power and of `pools.samples` samples."""
        raise NotImplementedError
