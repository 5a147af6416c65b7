"""What mixtures are made of: settings, read from a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from training.data.effects import EFFECTS, Effect
from training.data.sources import SOURCES, Source
from training.tables import Range, TableError, check_least, check_range, check_share, check_tables, plain, read_table

DRAWS = ("speech", "noise", "snr")
"""Effects that every mixing has, once each."""


@dataclass(frozen=True, kw_only=True)
class Mixing:
    """How mixtures are made: an ordered list of effects, each with its own probability and ranges.

    Attributes
    ----------
    rate
        In Hz.
    seconds
        Length of a mixture.
    effects
        Applied in this order; "speech", "noise" and "snr" are among them, once each.
    sources
        Noises that are no clips of the corpora, by share; recorded noise has the rest.
    clean_only, noise_only
        Shares of mixtures without noise and without speech.
    silence_top_db
        Frames of clips this far below their loudest one are cut out, as by librosa's split; None keeps pauses.
    pause_seconds
        Range of the pause before each clip of speech.
    noise_pause_seconds
        Range of the pause before each repetition of a noise shorter than a second (a key, a knock).
    rooms
        Number of simulated rooms.
    cache_bytes
        Memory for decoded clips, in each process.

    Raises
    ------
    ValueError
        If a value is out of range, or effects stand in an order that has no meaning.
    """

    rate: int = 8000
    seconds: float = 4.0
    effects: tuple[Effect, ...] = ()
    sources: tuple[Source, ...] = ()
    clean_only: float = 0.0
    noise_only: float = 0.0
    silence_top_db: float | None = None
    pause_seconds: Range = (0.0, 0.0)
    noise_pause_seconds: Range = (0.0, 0.0)
    rooms: int = 64
    cache_bytes: int = 1 << 30

    def __post_init__(self) -> None:
        check_least(4000, rate=self.rate)
        check_least(1e-3, seconds=self.seconds)
        check_least(1, rooms=self.rooms)
        check_share(clean_only=self.clean_only, noise_only=self.noise_only)
        check_share(**{"clean_only and noise_only together": self.clean_only + self.noise_only})
        check_share(**{"share of all sources together": sum(source.share for source in self.sources)})
        check_range(0, 3600, pause_seconds=self.pause_seconds, noise_pause_seconds=self.noise_pause_seconds)
        check_order(self.effects)
        kinds = [effect.kind for effect in self.effects]
        for kind in DRAWS:
            if kinds.count(kind) != 1:
                raise ValueError(f"There must be one effect {kind!r}, and there are {kinds.count(kind)}.")

    @property
    def samples(self) -> int:
        """Length of a mixture in samples."""
        return round(self.seconds * self.rate)

    @property
    def teachers(self) -> tuple[str, ...]:
        """Teachers that effects ask."""
        return tuple(dict.fromkeys(e.by for e in self.effects if e.kind == "taught" and e.probability))  # type: ignore[attr-defined]

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str = "mixing") -> Mixing:
        """Read a table of a recipe: effects as its list "effect", sources as its list "source".

        Raises
        ------
        TableError
            If a key is unknown, or a value has another type or is out of range; the message names it.
        """
        values = dict(table)
        effects = read_effects(values.pop("effect", ()), f"{where}.effect")
        given = check_tables(values.pop("source", ()), f"{where}.source")
        sources = tuple(_read_kind(SOURCES, one, f"{where}.source {number}") for number, one in enumerate(given, 1))
        for name in ("effects", "sources"):
            if name in values:
                raise TableError(f"{where}: there is no {name!r}; write [[{where}.{name[:-1]}]].")
        simple = {field.name for field in fields(cls)} - {"effects", "sources"}
        for key in values:
            if key not in simple:
                raise TableError(f"{where}: there is no {key!r}; there are {', '.join(sorted(simple))}.")
        checked = read_table(_Simple, values, where)
        try:
            return cls(**vars(checked), effects=effects, sources=sources)
        except ValueError as error:
            raise TableError(f"{where}: {error}") from error

    def to_table(self) -> dict[str, Any]:
        """Give what `from_table` reads, as plain values."""
        table = {
            field.name: plain(getattr(self, field.name))
            for field in fields(self)
            if field.name not in ("effects", "sources") and getattr(self, field.name) is not None
        }
        return table | {"effect": effects_table(self.effects), "source": _kinds_table(self.sources)}

    def changed(
        self,
        effects: Mapping[str, Mapping[str, Any]],
        values: Mapping[str, Any] | None = None,
        where: str = "mixing",
    ) -> Mixing:
        """Give a mixing some of whose effects and plain values are others.

        Parameters
        ----------
        effects
            Tables of fields by kinds of effects.
        values
            Plain values by name.
        where
            What messages call the values' table.

        Raises
        ------
        TableError
            If there is no such effect or value, or a value is not right.
        """
        for kind in effects:
            if kind not in {effect.kind for effect in self.effects}:
                raise TableError(
                    f"effects: the mixing has no effect {kind!r} to change; a stage cannot change those of the bank."
                )
        changed = tuple(
            read_table(type(effect), {**_fields(effect), **effects.get(effect.kind, {})}, f"effects.{effect.kind}")
            for effect in self.effects
        )
        mixing = replace(self, effects=changed)
        return Mixing.from_table({**mixing.to_table(), **values}, where) if values else mixing


@dataclass(frozen=True, kw_only=True)
class _Simple:
    """What of `Mixing` a table holds as plain values."""

    rate: int = 8000
    seconds: float = 4.0
    clean_only: float = 0.0
    noise_only: float = 0.0
    silence_top_db: float | None = None
    pause_seconds: Range = (0.0, 0.0)
    noise_pause_seconds: Range = (0.0, 0.0)
    rooms: int = 64
    cache_bytes: int = 1 << 30


def read_effects(tables: Sequence[Mapping[str, Any]], where: str) -> tuple[Effect, ...]:
    """Read a list of effects.

    Raises
    ------
    TableError
        If one is unknown, or has an unknown key or a value that is not right; the message names it.
    """
    given = check_tables(tables, where)
    return tuple(_read_kind(EFFECTS, table, f"{where} {number}") for number, table in enumerate(given, 1))


def effects_table(effects: Sequence[Effect]) -> list[dict[str, Any]]:
    """Give what `read_effects` reads."""
    return _kinds_table(effects)


def check_order(effects: Sequence[Effect]) -> None:
    """Refuse effects in an order that has no meaning, as noise played backwards before there is any.

    Raises
    ------
    ValueError
        If one stands before what it must follow, or after what it must precede.
    """
    kinds = [effect.kind for effect in effects]
    for place, effect in enumerate(effects):
        for kind in effect.before:
            if kind in kinds[:place]:
                raise ValueError(f"The effect {effect.kind!r} must come before {kind!r}.")
        for kind in effect.after:
            if kind in kinds[place + 1 :]:
                raise ValueError(f"The effect {effect.kind!r} must come after {kind!r}.")


def _read_kind(kinds: Mapping[str, type[Any]], table: Mapping[str, Any], where: str) -> Any:
    kind = str(table.get("kind"))
    if kind not in kinds:
        raise TableError(f"{where}: there is no kind {kind!r}; there are {', '.join(kinds)}.")
    values = {key: value for key, value in table.items() if key != "kind"}
    return read_table(kinds[kind], values, f"{where} ({kind})")


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _kinds_table(values: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"kind": value.kind, **plain(_fields(value))} for value in values]
