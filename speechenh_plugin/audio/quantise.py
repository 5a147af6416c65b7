"""Rounding samples to the whole numbers of a bit depth."""

from typing import Any

import numpy as np
import numpy.typing as npt

from .formats import DEPTHS


def quantise(audio: npt.NDArray[np.floating[Any]], depth: int, random: np.random.Generator) -> npt.NDArray[np.int32]:
    """Round samples to whole numbers, with dither where rounding changes anything.

    Triangular dither of two steps, peak to peak, turns the error into noise that does not depend on the signal
    (Lipshitz, Wannamaker & Vanderkooy 1992). A block that the depth already holds exactly stays as it is.

    Parameters
    ----------
    audio : np.ndarray [shape=any]
        Full scale is 1; what goes beyond clips.
    depth : int
        Bits: 8 to 32. No dither is added at 32, where float32 is the coarser one.
    random : np.random.Generator
        Source of the dither.

    Returns
    -------
    np.ndarray [shape as the input, dtype=int32]
        Left-justified: the lowest 32 - `depth` bits are 0.
    """
    scaled = audio * 2.0 ** (depth - 1)
    whole = np.rint(scaled)
    if depth < 32 and not np.array_equal(whole, scaled):
        whole = np.rint(scaled + random.random(audio.shape, np.float32) - random.random(audio.shape, np.float32))
    limit = 2 ** (depth - 1)
    integers = np.clip(whole.astype(np.float64), -limit, limit - 1).astype(np.int32)
    justified: npt.NDArray[np.int32] = integers * np.int32(2 ** (32 - depth))
    return justified


class Quantiser:
    """Makes samples fit a sample format: rounded where it holds whole numbers, clipped where it has limits.

    Encoders do not clip: beyond full scale some wrap, and some read beyond their tables.

    Parameters
    ----------
    subtype : str
        Sample format, as `soundfile` names it.
    valid_bits : int, optional
        Bits of a sample that are used.
    """

    def __init__(self, subtype: str, valid_bits: int | None = None) -> None:
        self._depth = DEPTHS.get(subtype)
        if self._depth is not None and valid_bits is not None:
            self._depth = min(self._depth, valid_bits)
        self._limited = subtype not in ("FLOAT", "DOUBLE")
        self._random = np.random.default_rng(0)  # the same dither in each run
        self.clipped = 0
        """Samples so far that lay beyond full scale, where the format has limits."""

    @property
    def whole(self) -> bool:
        """Whether samples become whole numbers."""
        return self._depth is not None

    def __call__(self, audio: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        """Give left-justified int32 where the format holds whole numbers; else float32."""
        if self._limited and audio.size and max(audio.max(), -audio.min()) > 1:
            self.clipped += int(np.count_nonzero(np.abs(audio) > 1))
        if self._depth is not None:
            return quantise(audio, self._depth, self._random)
        return np.clip(audio, -1, 1) if self._limited else audio
