"""Recipes: how a model is trained, from corpora to the last average, in one TOML file.

Reading one needs no TensorFlow and no Keras.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from training.data.corpora.base import SPLITS
from training.data.corpora.spec import CorpusSpec
from training.data.effects import Effect
from training.data.mixing import Mixing, check_order, effects_table, read_effects
from training.network import NETWORKS
from training.objective.losses import terms_of
from training.tables import (
    TableError,
    check_choice,
    check_least,
    check_options,
    check_share,
    check_table,
    check_tables,
    plain,
    read_table,
)

BETTER = {"val_rmse": min, "val_loss": min, "val_si_sdr": max, "val_stoi": max}
"""Measures of validation that a stage may take its best epoch by, and which of two values is better."""

SCHEDULES = ("constant", "cosine")
PRECISIONS = ("float32", "mixed_bfloat16")


@dataclass(frozen=True, kw_only=True)
class Network:
    """Which network is trained.

    Attributes
    ----------
    name
        One of `training.network.NETWORKS`.
    options
        Arguments of its declaration: all other keys of the table.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_choice(NETWORKS, name=self.name)
        check_options(NETWORKS[self.name], self.options)

    def declare(self) -> Any:
        """Declare its graph."""
        return NETWORKS[self.name](**self.options)


@dataclass(frozen=True, kw_only=True)
class Bank:
    """A store of mixtures on disk, made once and heard several times in other ways (see `training.data.bank`).

    Attributes
    ----------
    items
        Mixtures that are kept at once.
    heard
        How often each is heard before another takes its place.
    longer
        Length of an item beside a training sequence, which is cut out of it anew each time.
    effects
        Applied each time one is heard, in this order.
    """

    items: int
    heard: int = 8
    longer: float = 1.5
    effects: tuple[Effect, ...] = ()

    def __post_init__(self) -> None:
        check_least(1, items=self.items, heard=self.heard, longer=self.longer)
        if self.items % self.heard:
            raise ValueError(f"items is {self.items}; it must be a multiple of heard, {self.heard}.")
        check_order(self.effects)
        for effect in self.effects:
            if effect.needs_clips:
                raise ValueError(f"the effect {effect.kind!r} draws clips or rooms; it belongs to the mixing.")


CHANGEABLE = ("clean_only", "noise_only", "pause_seconds", "noise_pause_seconds")
"""Fields of the mixing, beside its effects, that a stage may change."""

SIZES = ("items", "heard", "longer")
"""Fields of a bank that a stage may change."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of the training.

    In a recipe a stage may be `like` one before it: it takes that one's keys, but for those that it gives itself.

    Attributes
    ----------
    name
        Name, and folder of what it leaves.
    kind
        "train", or "average": the mean of the weights of others.
    start
        In a recipe "from". Where weights come from: a stage's name, or a folder of an exported model (below the
        project), whose weights are taken where layers match. Of an average: names of stages, or of one of its seeds as
        "NAME:SEED"; a stage's name alone stands for all its seeds.
    weights
        Of an average: how much each of `start` counts; alike by default.
    rate
        Sampling rate in Hz, if not the mixing's.
    seconds
        Length of a training sequence that counts in the loss; before it comes as much as the network looks back.
    from_first_frame
        Whether sequences count from their first frame on, as a stream that begins does; else the frames without a past
        do not count.
    batch
        Sequences a step.
    epochs, steps
        Epochs, and steps an epoch.
    validation
        Sequences that each epoch is judged on, always the same.
    learning_rate
        Of Adam.
    schedule
        "constant", or "cosine" to a hundredth over all steps.
    clip_norm
        Gradients are shortened to this length; 0 leaves them.
    moving_average
        Share that a moving average of the weights keeps at each step, such as 0.999: validation judges the average, and
        checkpoints hold it; 0 takes the weights as they are.
    monitor
        Measure of the best epoch: "val_rmse" or "val_loss" (lower is better), "val_si_sdr" or "val_stoi" (higher).
    patience
        Epochs without a better one after which the stage ends; 0 never ends it early.
    take
        "last" or "best": the epoch that later stages begin with.
    precision
        "float32", or "mixed_bfloat16": faster on some CPUs, but weights learn its rounding, which the engine does not
        have. Validation is in float32. End in float32.
    loss
        Changes of the losses, as the recipe's own are written; 0 takes one out.
    mixing
        Changes of the mixing's `clean_only`, `noise_only`, `pause_seconds` and `noise_pause_seconds`.
    effects
        Changes of the mixing's effects, by kind.
    equal_levels
        Whether the loss sees every mixture at the same power; else a loud one weighs more than a quiet one.
    bands_above_hz
        Above this frequency the loss compares bands instead of bins, where the network has nothing finer to say.
    bank
        Whether mixtures come from the bank; validation never does.
    bank_sizes
        Changes of the bank's `items`, `heard` and `longer`: sequences ten times as long fill the disk with a tenth of
        the items.
    seeds
        Of weights and data; each is a run of its own.
    """

    name: str
    kind: str = "train"
    start: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    rate: int | None = None
    seconds: float = 2.0
    from_first_frame: bool = False
    batch: int = 8
    epochs: int = 1
    steps: int = 100
    validation: int = 64
    learning_rate: float = 1e-3
    schedule: str = "constant"
    clip_norm: float = 0.0
    moving_average: float = 0.0
    monitor: str = "val_loss"
    patience: int = 0
    take: str = "last"
    precision: str = "float32"
    loss: Mapping[str, Any] = field(default_factory=dict)
    mixing: Mapping[str, Any] = field(default_factory=dict)
    effects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    equal_levels: bool = False
    bands_above_hz: float | None = None
    bank: bool = False
    bank_sizes: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (1,)

    def __post_init__(self) -> None:
        if not self.name or set(self.name) & set(":/\\"):
            raise ValueError(f"name is {self.name!r}; it must be the name of a folder, without ':'.")
        check_choice(("train", "average"), kind=self.kind)
        check_choice(SCHEDULES, schedule=self.schedule)
        check_choice(BETTER, monitor=self.monitor)
        check_choice(PRECISIONS, precision=self.precision)
        check_choice(("last", "best"), take=self.take)
        for name in self.mixing:
            check_choice(CHANGEABLE, mixing=name)
        for name in self.bank_sizes:
            check_choice(SIZES, bank_sizes=name)
        check_least(1, epochs=self.epochs, steps=self.steps, batch=self.batch, validation=self.validation)
        check_least(1e-3, seconds=self.seconds)
        check_least(1e-12, learning_rate=self.learning_rate)
        check_least(0, clip_norm=self.clip_norm, patience=self.patience)
        check_share(moving_average=self.moving_average)
        if self.rate is not None:
            check_least(4000, rate=self.rate)
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ValueError(f"seeds is {list(self.seeds)}; it must be different whole numbers from 0 on.")
        if self.kind == "average":
            if not self.start:
                raise ValueError("an average needs the names of stages as its 'from'.")
            if self.weights and (len(self.weights) != len(self.start) or min(self.weights) <= 0):
                raise ValueError("weights must be as many numbers greater than 0 as 'from' has names.")
        elif len(self.start) > 1 or self.weights:
            raise ValueError("a stage of training begins with one other's weights; average them in a stage before.")

    @property
    def runs(self) -> dict[str, int]:
        """Names of its runs, with the seed of each."""
        if self.kind == "average" or len(self.seeds) == 1:
            return {self.name: self.seeds[0]}
        return {f"{self.name}-{seed}": seed for seed in self.seeds}


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """When the network is evaluated through the effect, and on what.

    Attributes
    ----------
    sets
        Names of `training/evaluation/sets`.
    every
        Epochs from one evaluation to the next; 0 evaluates at the end of each stage only.
    """

    sets: tuple[str, ...] = ()
    every: int = 0

    def __post_init__(self) -> None:
        check_least(0, every=self.every)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All of a training.

    Attributes
    ----------
    name
        The file's.
    corpora
        By name. There are none where all data come from a data set.
    mixing
        How mixtures are made.
    network
        What is trained.
    loss
        Weights of the losses of `training.objective.losses`, by name, or tables of "weight" and "every" (steps).
    stages
        In their order.
    bank
        The store of mixtures, if stages use one.
    evaluation
        When it is evaluated.
    splits
        Splits of the corpora to train on and to validate on.
    """

    name: str
    corpora: Mapping[str, CorpusSpec]
    mixing: Mixing
    network: Network
    loss: Mapping[str, Any]
    stages: tuple[Stage, ...]
    bank: Bank | None = None
    evaluation: Evaluation = Evaluation()
    splits: tuple[str, str] = ("train", "dev")

    def __post_init__(self) -> None:
        for split in self.splits:
            check_choice(SPLITS, splits=split)
        if not self.stages:
            raise ValueError("there is no [[stage]].")
        before: dict[str, Stage] = {}
        for stage in self.stages:
            if stage.name in before:
                raise ValueError(f"two stages are called {stage.name!r}.")
            for name in stage.start:
                self._check_start(stage, name, before)
            self.bank_of(stage)
            self.live_mixing(stage)
            if stage.kind == "train":
                # Those that a stage takes out are checked, too.
                terms_of({**self.loss, **stage.loss})
                terms_of(self.losses(stage))
            before[stage.name] = stage

    @staticmethod
    def _check_start(stage: Stage, name: str, before: Mapping[str, Stage]) -> None:
        of = name.partition(":")[0]
        if of not in before:
            if "/" in name and stage.kind == "train":
                return
            raise ValueError(f"stage {stage.name!r} begins with {name!r}, which is no stage before it.")
        seed = _seed(name)
        if seed is not None and seed not in before[of].seeds:
            raise ValueError(f"stage {stage.name!r} begins with {name!r}, and {of!r} has no seed {seed}.")
        if seed is None and len(before[of].runs) > 1 and stage.kind == "train":
            raise ValueError(f"stage {stage.name!r} begins with {name!r}, which has several seeds: write {name}:SEED.")

    def stage(self, name: str) -> Stage:
        """Find a stage.

        Raises
        ------
        ValueError
            If there is none of this name.
        """
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise ValueError(f"{self.name} has no stage {name!r}; it has {', '.join(s.name for s in self.stages)}.")

    def runs_of(self, name: str) -> list[str]:
        """Names of the runs that one of a stage's `start` stands for.

        Raises
        ------
        ValueError
            If there is no such stage, or what follows its name is no seed.
        """
        runs = self.stage(name.partition(":")[0]).runs
        seed = _seed(name)
        return [run for run, its in runs.items() if seed in (None, its)]

    def mixing_of(self, stage: Stage) -> Mixing:
        """Give the mixing of a stage, with its changes: what its bank holds, if it hears one."""
        return self.mixing.changed(stage.effects, stage.mixing, f"stage {stage.name}: mixing")

    def live_mixing(self, stage: Stage | None = None) -> Mixing:
        """Give the mixing without a bank, of a stage or with no stage's changes.

        What a bank does when a mixture is heard follows what it holds.
        """
        mixing = self.mixing if stage is None else self.mixing_of(stage)
        heard = () if self.bank is None else tuple(effect for effect in self.bank.effects if effect.kind != "snr")
        return replace(mixing, effects=mixing.effects + heard)

    def bank_of(self, stage: Stage) -> Bank | None:
        """Give the bank that a stage hears, of the sizes that it asks for; None if it hears none."""
        if not stage.bank:
            return None
        if self.bank is None:
            raise ValueError(f"stage {stage.name!r} takes its mixtures from a bank, and there is no [bank].")
        sizes = {name: getattr(self.bank, name) for name in SIZES} | dict(stage.bank_sizes)
        return read_table(Bank, sizes | {"effects": self.bank.effects}, f"stage {stage.name}: bank_sizes")

    def losses(self, stage: Stage) -> dict[str, Any]:
        """Give the losses of a stage, as `training.objective.losses.objective` takes them."""
        return {name: weight for name, weight in {**self.loss, **stage.loss}.items() if weight != 0}

    def to_table(self) -> dict[str, Any]:
        """Give the recipe as plain values, for JSON."""
        return {
            "corpora": plain(self.corpora),
            "splits": list(self.splits),
            "mixing": self.mixing.to_table(),
            "bank": None
            if self.bank is None
            else plain(
                {name: getattr(self.bank, name) for name in SIZES} | {"effect": effects_table(self.bank.effects)}
            ),
            "network": {"name": self.network.name, **plain(self.network.options)},
            "loss": plain(self.loss),
            "stages": [plain(stage) for stage in self.stages],
            "evaluation": plain(self.evaluation),
        }


def read(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    OSError
        If there is no such file.
    TableError
        If it is no TOML, or a key is unknown, or a value has another type or is out of range; the message names the
        file and the key.
    """
    try:
        return from_table(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValueError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: {error}") from error


def from_table(name: str, table: Mapping[str, Any]) -> Recipe:
    """Make a recipe from the tables of a TOML file.

    Raises
    ------
    ValueError
        As `read`.
    """
    values = dict(table)
    known = ("corpora", "splits", "mixing", "bank", "network", "loss", "stage", "evaluation")
    for key in values:
        if key not in known:
            raise TableError(f"there is no {key!r}; there are {', '.join(known)}.")
    for key in ("mixing", "network", "loss", "stage"):
        if key not in values:
            raise TableError(f"{key!r} is missing.")
    for key in ("corpora", "mixing", "bank", "network", "loss", "evaluation"):
        if key in values:
            check_table(values[key], key)
    network = dict(values["network"])
    return Recipe(
        name=name,
        corpora={
            corpus: read_table(
                CorpusSpec, {"name": corpus, **check_table(of_corpus, f"corpora.{corpus}")}, f"corpora.{corpus}"
            )
            for corpus, of_corpus in values.get("corpora", {}).items()
        },
        splits=_pair(values.get("splits", ("train", "dev"))),
        mixing=Mixing.from_table(values["mixing"]),
        bank=_bank(values["bank"]) if "bank" in values else None,
        network=read_table(Network, {"name": network.pop("name", ""), "options": network}, "network"),
        loss=values["loss"],
        stages=_stages(values["stage"]),
        evaluation=read_table(Evaluation, values.get("evaluation", {}), "evaluation"),
    )


def _seed(name: str) -> int | None:
    """Read the seed of a run that is named as "NAME:SEED"; None if only its stage is named."""
    of, colon, seed = name.partition(":")
    if not colon:
        return None
    if not seed.isdecimal():
        raise ValueError(f"{name!r} is no run: write {of}, or {of}:SEED with a whole number.")
    return int(seed)


def _pair(splits: Any) -> tuple[str, str]:
    if not isinstance(splits, list | tuple) or len(splits) != 2:
        raise TableError(f"splits is {splits!r}; it must be the split to train on and the split to validate on.")
    return splits[0], splits[1]


def _bank(table: Mapping[str, Any]) -> Bank:
    values = dict(table)
    effects = read_effects(values.pop("effect", ()), "bank.effect")
    if "effects" in values:
        raise TableError("bank: there is no 'effects'; write [[bank.effect]].")
    return read_table(Bank, values | {"effects": effects}, "bank")


def _stages(tables: Any) -> tuple[Stage, ...]:
    """Read stages; one that is "like" another before it takes the keys that it does not give itself."""
    read: dict[str, Mapping[str, Any]] = {}
    stages = []
    for number, given in enumerate(check_tables(tables, "stage"), 1):
        own, where = dict(given), f"stage {given.get('name', number)}"
        if "start" in own:
            raise TableError(f"{where}: there is no 'start'; write 'from'.")
        like = own.pop("like", None)
        if like is not None:
            if not isinstance(like, str) or like not in read:
                raise TableError(f"{where}: like is {like!r}; it must be the name of a stage before it.")
            own = {**read[like], **own}
        stage = _stage(own, where)
        read[stage.name] = own
        stages.append(stage)
    return tuple(stages)


def _stage(table: Mapping[str, Any], where: str) -> Stage:
    values = dict(table)
    start = values.pop("from", ())
    if not isinstance(start, str | list | tuple):
        raise TableError(f"{where}: from is {start!r}; it must be a name or a list of names.")
    values["start"] = (start,) if isinstance(start, str) else start
    return read_table(Stage, values, where)
