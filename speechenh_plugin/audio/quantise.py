"""Rounding samples to the whole numbers of a bit depth."""

from typing import Any

import numpy as np
import numpy.typing as npt


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
