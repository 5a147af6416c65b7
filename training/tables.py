"""Dataclasses from tables of TOML or JSON: unknown keys are refused by name, types and ranges are checked."""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Made = TypeVar("Made")
Range = tuple[float, float]


class TableError(ValueError):
    """A table that cannot be understood; the message names the key and says what it may be."""


def read_table(cls: type[Made], table: Mapping[str, Any], where: str) -> Made:
    """Make a dataclass from a table whose keys are the names of its fields.

    Parameters
    ----------
    cls : type
        A dataclass of numbers, texts, booleans, tuples and mappings of these.
    table : mapping
        As read from a file; lists become tuples.
    where : str
        Name of the table, for messages.

    Raises
    ------
    TableError
        If a key is unknown or missing, or a value has another type or lies out of range.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Point:
    ...     x: float
    >>> read_table(Point, {"y": 1.0}, "point")
    Traceback (most recent call last):
    ...
    training.tables.TableError: point: there is no 'y'; there are x.
    """
    if not isinstance(table, Mapping):
        raise TableError(f"{where}: {table!r} is no table.")
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    types_of = get_type_hints(cls)
    for key in table:
        if key not in known:
            raise TableError(f"{where}: there is no {key!r}; there are {', '.join(known)}.")
    for name, field in known.items():
        if name not in table and field.default is MISSING and field.default_factory is MISSING:
            raise TableError(f"{where}: {name!r} is missing.")
    values = {key: _converted(value, types_of[key], f"{where}: {key}") for key, value in table.items()}
    try:
        return cls(**values)
    except ValueError as error:
        raise TableError(f"{where}: {error}") from error


def plain(value: Any) -> Any:
    """Give dataclasses, tuples and mappings as what JSON and TOML hold."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def check_share(**shares: float) -> None:
    """Refuse a share or a probability that is not 0 to 1."""
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{name} is {share}; it must be 0 to 1.")


def check_range(low: float = -math.inf, high: float = math.inf, **ranges: tuple[float, float]) -> None:
    """Refuse a range whose ends are not finite, not in order, or not within `low` to `high`."""
    for name, (start, end) in ranges.items():
        if not (-math.inf < start <= end < math.inf):
            raise ValueError(f"{name} is {start:g} to {end:g}; a range is two finite numbers, the lower first.")
        if start < low or end > high:
            raise ValueError(f"{name} is {start:g} to {end:g}; it must lie within {low:g} to {high:g}.")


def check_least(least: float, **values: float) -> None:
    """Refuse a number that is less than `least`, infinite or NaN."""
    for name, value in values.items():
        if not least <= value < math.inf:
            raise ValueError(f"{name} is {value}; it must be at least {least:g}, and finite.")


def check_choice(choices: Iterable[str], **values: str) -> None:
    """Refuse a text that is none of the choices."""
    choices = list(choices)
    for name, value in values.items():
        if value not in choices:
            raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(choices)}.")


def check_table(value: Any, where: str) -> Mapping[str, Any]:
    """Refuse what is no table, as other brackets than ``[where]`` make it."""
    if not isinstance(value, Mapping):
        raise TableError(f"{where} is {_kind(value)}; it must be a table, [{where}].")
    return value


def check_tables(value: Any, where: str) -> Sequence[Mapping[str, Any]]:
    """Refuse what is no list of tables, as other brackets than ``[[where]]`` make it."""
    if not isinstance(value, list | tuple) or not all(isinstance(item, Mapping) for item in value):
        raise TableError(f"{where} is {_kind(value)}; it must be a list of tables, [[{where}]].")
    return value


def check_options(function: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Refuse options that are no arguments of a function, or have another type than it declares."""
    known = inspect.signature(function, eval_str=True).parameters
    for name, value in options.items():
        if name not in known:
            raise TableError(f"there is no {name!r}; there are {', '.join(known) or 'none'}.")
        _converted(value, known[name].annotation, name)


def _kind(value: Any) -> str:
    """Name what is too long to be shown."""
    if isinstance(value, Mapping):
        return "a table"
    return "a list" if isinstance(value, list | tuple) else repr(value)


def _converted(value: Any, wanted: Any, where: str) -> Any:
    origin, parts = get_origin(wanted), get_args(wanted)
    if wanted is Any:
        return value
    if origin in (Union, types.UnionType):
        if value is None and type(None) in parts:
            return None
        [rest] = [part for part in parts if part is not type(None)]
        return _converted(value, rest, where)
    if origin is tuple:
        if isinstance(value, list | tuple):
            if parts[-1] is Ellipsis:
                return tuple(_converted(item, parts[0], where) for item in value)
            if len(value) == len(parts):
                return tuple(_converted(item, part, where) for item, part in zip(value, parts, strict=True))
        raise TableError(f"{where} is {value!r}; it must be a list{_count(parts)}.")
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise TableError(f"{where} is {value!r}; it must be a table.")
        return {key: _converted(item, parts[1], f"{where}.{key}") for key, item in value.items()}
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)):
        names = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}
        raise TableError(f"{where} is {value!r}; it must be {names.get(wanted, wanted)}.")
    return value


def _count(parts: tuple[Any, ...]) -> str:
    return "" if parts[-1] is Ellipsis else f" of {len(parts)}"
