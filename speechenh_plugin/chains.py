"""Chains of pedalboard effects that follow `DeepDenoise`."""

import contextlib
import runpy
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pedalboard import (
    Compressor,
    Gain,
    HighpassFilter,
    HighShelfFilter,
    Limiter,
    LowShelfFilter,
    PeakFilter,
    Plugin,
)


def podcast() -> list[Plugin]:
    """Effects of a spoken programme: less rumble and boom, more presence, an even level, no peak above -1.5 dB.

    Returns
    -------
    list of pedalboard.Plugin
        To follow `DeepDenoise`. Loudness is a matter of the whole programme, see `loudness.levelled`.
    """
    return [
        HighpassFilter(cutoff_frequency_hz=80),
        LowShelfFilter(cutoff_frequency_hz=200, gain_db=-2),
        PeakFilter(cutoff_frequency_hz=3500, gain_db=2, q=0.8),
        HighShelfFilter(cutoff_frequency_hz=9000, gain_db=1.5),
        Compressor(threshold_db=-22, ratio=3, attack_ms=8, release_ms=120),
        *limiter(),
    ]


def limiter(peak_db: float = -1.5) -> list[Plugin]:
    """Effects that let no sample pass a peak.

    Parameters
    ----------
    peak_db : float
        In dB of full scale.

    Returns
    -------
    list of pedalboard.Plugin
        Pedalboard's limiter brings its threshold up to full scale; the gain behind it sets the peak.
    """
    return [Limiter(threshold_db=-1, release_ms=80), Gain(gain_db=peak_db)]


NAMED = {"podcast": podcast}


def load(chain: str) -> list[Plugin]:
    """Make the effects of a chain.

    Parameters
    ----------
    chain : str
        A name of `NAMED`, or the path of a Python file that defines ``chain()``, which returns a list of
        pedalboard plug-ins. The file is executed.

    Returns
    -------
    list of pedalboard.Plugin

    Raises
    ------
    ValueError
        If there is no such chain, it fails, or it is not a list of plug-ins.
    """
    if chain in NAMED:
        return NAMED[chain]()
    if not Path(chain).is_file():
        raise ValueError(f"there is no chain {chain!r}; give one of {', '.join(NAMED)}, or the path of a Python file")
    try:
        # What it prints must not come between the samples of a pipe.
        with contextlib.redirect_stdout(sys.stderr):
            make = runpy.run_path(chain).get("chain")
            made = make() if callable(make) else None
            effects: list[Any] = list(made) if isinstance(made, Iterable) else [made]
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == chain]
        place = f"{chain}, line {lines[-1]}" if lines else chain
        raise ValueError(f"{place} fails: {type(error).__name__}: {error}") from error
    if not callable(make):
        raise ValueError(f"{chain} must define a function chain() that returns a list of pedalboard plug-ins")
    if not all(isinstance(effect, Plugin) for effect in effects):
        raise ValueError(f"chain() of {chain} must return a list of pedalboard plug-ins, not {made!r}")
    return effects
