"""Values of the controls in Python: their types, and what is said when a value is none of theirs."""

import difflib
import numbers
from os import PathLike
from typing import Literal, TypedDict

import numpy as np

from .constants import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE
from .controls import BY_NAME

Listen = Literal["result", "removed"]

REDUCTION_LIMIT_OFF = float(BY_NAME["reduction_limit_db"].maximum)
"""Value of `reduction_limit_db`, in dB, at which nothing limits the reduction."""

REDUCTION_LIMIT = float(BY_NAME["reduction_limit_db"].default)
"""Default of `reduction_limit_db`: what is left of the noise sounds steady, without holes around speech."""


class Settings(TypedDict, total=False):
    """Keyword arguments that `DeepDenoise`, `Stream` and `denoise` have in common."""

    strength: float
    reduction_limit_db: float
    stereo_link: bool
    listen: Listen
    model: str | PathLike[str] | None


def unknown(owner: object, name: str) -> AttributeError:
    """Make the error for an attribute that is no control.

    Parameters
    ----------
    owner : object
        Whose attribute.
    name : str

    Returns
    -------
    AttributeError
        It names the control that was most likely meant, else all.
    """
    of_class = ((control, getattr(type(owner), control, None)) for control in (*BY_NAME, "model"))
    controls = [control for control, held in of_class if isinstance(held, property) and held.fset]
    near = difflib.get_close_matches(name, controls, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"its controls are {', '.join(controls)}"
    return AttributeError(f"{type(owner).__name__} has no control {name!r}; {hint}")


def number(name: str, value: object) -> float:
    """Check the value of a control that is a number.

    Parameters
    ----------
    name : str
        Of the control.
    value : object

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If it is no number, or out of range.
    """
    control = BY_NAME[name]
    wanted = f"{name} must be a number from 0 to {control.maximum:g} {control.unit}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TypeError(f"{wanted}, not {value!r}")
    if not 0 <= float(value) <= control.maximum:
        raise ValueError(f"{wanted}, not {value!r}")
    return float(value)


def switch(name: str, value: object) -> bool:
    """Check the value of a control that is on or off.

    Parameters
    ----------
    name : str
        Of the control.
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
        In Hz; an array without dimensions, as of an ``.npz`` file, counts as its number.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If it is no number, or out of range.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    wanted = f"sample_rate must be from {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz"
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TypeError(f"{wanted}, a number, not {value!r}")
    if not MIN_SAMPLE_RATE <= float(value) <= MAX_SAMPLE_RATE:
        raise ValueError(f"{wanted}, not {value!r}")
    return float(value)
