"""The controls of the effect in Python: their ranges and what is said when a value is none of theirs."""

import numbers
from os import PathLike
from typing import Literal, TypedDict

import numpy as np

Listen = Literal["result", "removed"]

REDUCTION_LIMIT_OFF = 100.0
"""Value of `reduction_limit_db`, in dB, at which nothing limits the reduction."""

REDUCTION_LIMIT = 40.0
"""Default of `reduction_limit_db`: what is left of the noise sounds steady, without holes around speech."""

MIN_SAMPLE_RATE = 8000
MAX_SAMPLE_RATE = 192000


class Settings(TypedDict, total=False):
    """Keyword arguments that `DeepDenoise`, `Stream` and `denoise` have in common."""

    strength: float
    reduction_limit_db: float
    stereo_link: bool
    listen: Listen
    model: str | PathLike[str] | None


def number(name: str, value: object, maximum: float, unit: str) -> float:
    """Check the value of a control that is a number.

    Parameters
    ----------
    name : str
        Of the control, for the message.
    value : object
    maximum : float
        The least is 0.
    unit : str

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If it is no number, or out of range.
    """
    wanted = f"{name} must be a number from 0 to {maximum:g} {unit}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TypeError(f"{wanted}, not {value!r}")
    if not 0 <= float(value) <= maximum:
        raise ValueError(f"{wanted}, not {value!r}")
    return float(value)


def switch(name: str, value: object) -> bool:
    """Check the value of a control that is on or off.

    Parameters
    ----------
    name : str
        Of the control, for the message.
    value : object

    Returns
    -------
    bool

    Raises
    ------
    TypeError
        If it is neither True nor False.
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, not {value!r}")
    return bool(value)


def listen(value: object) -> Listen:
    """Check the value of `listen`.

    Parameters
    ----------
    value : object

    Returns
    -------
    {"result", "removed"}

    Raises
    ------
    ValueError
        If it is neither.
    """
    if isinstance(value, str) and value == "result":
        return "result"
    if isinstance(value, str) and value == "removed":
        return "removed"
    raise ValueError(f"listen must be 'result' or 'removed', not {value!r}")


def sample_rate(value: object) -> float:
    """Check a sample rate.

    Parameters
    ----------
    value : object
        In Hz.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If it is no number, or out of range.
    """
    wanted = f"sample_rate must be from {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz"
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TypeError(f"{wanted}, not {value!r}")
    if not MIN_SAMPLE_RATE <= float(value) <= MAX_SAMPLE_RATE:
        raise ValueError(f"{wanted}, not {value!r}")
    return float(value)
