"""The stages of a recipe: each is a run, or several with other seeds, in a folder of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import filelock
import keras
import numpy as np

from training.atomic import whole
from training.data import teacher
from training.data.corpora import CorpusSpec, check_folders
from training.data.corpora.base import NOT_STATED
from training.data.corpora.reference_records import is_reference
from training.data.corpora.spec import ROLES
from training.data.dataset import describe
from training.data.prepare import prepared
from training.data.workers import Origin
from training.fit.denoising import Denoising
from training.fit.evaluation import MEASURES, Evaluate, Judge
from training.fit.keeper import BEST, LAST, Keeper, Row, out_of_patience, read_history
from training.fit.moving_average import MovingAverage
from training.fit.pairs import Banked, Batch, Mixed, Pairs, Ready, Stored, dataset_rate, stage_seed
from training.fit.record import describe_corpora, origins, read_record, versions, write_record
from training.fit.speed import Speed
from training.fit.start import check_finite, digest, match, read_front_end, read_weights
from training.fit.tensorflow_only import Devices, endless, judged, strategy
from training.fit.widen import is_narrower, widen
from training.fit.windows import Windows
from training.network import Graph
from training.network.features import front_end, hop_length
from training.network.keras_build import build, load, weights_of
from training.objective.losses import objective
from training.recipe import BETTER, Recipe, Stage
from training.tables import plain

PROJECT = Path(__file__).parents[2]
"""Folder below which a stage's "from" finds exported models."""


LOCK = ".lock"
"""In a run's folder: held by the process that trains it."""


class OtherRecipeError(ValueError):
    """A folder that holds a run of another recipe."""


@dataclass(frozen=True)
class Place:
    """Where a recipe runs.

    Attributes
    ----------
    out
        Folder of the recipe's runs.
    corpora
        Folder of corpora; None if all data come from a data set.
    data
        A data set's folder: one of ``python -m training.create_dataset``, or the reference project's ready-made one.
    workers
        Processes that mix; with 0 the training's own does.
    strategy
        How to use several devices, one of `training.fit.tensorflow_only.STRATEGIES`.
    judge
        Evaluates runs as the recipe has it; None leaves that out.
    """

    out: Path
    corpora: Path | None = None
    data: Path | None = None
    workers: int = 1
    strategy: str = "none"
    judge: Judge | None = None


def run_recipe(recipe: Recipe, place: Place, only: str | None = None) -> dict[str, list[Row]]:
    """Run what is missing of a recipe.

    Parameters
    ----------
    recipe
        What to do.
    place
        Where.
    only
        Name of a stage, or of one of its seeds as "NAME:SEED": this one only, those before it being done.

    Returns
    -------
    dict of str to list of dict
        The history of each run of training, one row an epoch.

    Raises
    ------
    ValueError
        If a stage, a loss or a weight does not exist, or a folder holds a run of another recipe.
    OSError
        If something cannot be read or written.
    CorpusError, DatasetError, AudioError
        If the data are not as they should be.
    ModuleNotFoundError
        If a package that a loss or a teacher needs is not installed.
    """
    stages = recipe.stages if only is None else (recipe.stage(only.partition(":")[0]),)
    wanted = [run for stage in stages for run in stage.runs] if only is None else recipe.runs_of(only)
    if not wanted:
        raise ValueError(f"stage {stages[0].name!r} has no seed {str(only).partition(':')[2]!r}.")
    _check(recipe, stages, place)
    devices = strategy(place.strategy)
    place.out.mkdir(parents=True, exist_ok=True)
    histories: dict[str, list[Row]] = {}
    for stage in stages:
        if stage.kind == "average":
            if devices.chief:
                _average(recipe, stage, place)
            devices.meet()
            continue
        for run, seed in stage.runs.items():
            if run in wanted:
                histories[run] = _train(recipe, stage, run, seed, place, devices)
                # What comes next may begin with what the chief has written.
                devices.meet()
    return histories


def _check(recipe: Recipe, stages: tuple[Stage, ...], place: Place) -> None:
    """Find out what is wrong before anything is begun."""
    recipe.network.declare()
    for stage in stages:
        if stage.kind == "train":
            objective(recipe.losses(stage))
            if place.data is None:
                for name in recipe.mixing_of(stage).teachers:
                    teacher.TEACHERS[name].check()
    if recipe.evaluation.sets and place.judge is not None:
        place.judge.check(recipe.evaluation.sets)
    if place.data is None and not recipe.corpora:
        raise ValueError(f"{recipe.name} names no corpora: give --data DIR.")
    if place.data is None and place.corpora is None:
        raise ValueError("give --corpora DIR, the folder of the recipe's corpora, or --data DIR.")
    if place.data is None and place.corpora is not None:
        check_folders([spec.at(place.corpora) for spec in recipe.corpora.values()])


def _train(recipe: Recipe, stage: Stage, run: str, seed: int, place: Place, devices: Devices) -> list[Row]:
    """Train, or go on training; nothing is done of a run that is whole, but what a kill at its end left undone."""
    folder = place.out / run
    with _alone(folder) if devices.chief else nullcontext():
        return _train_alone(recipe, stage, folder, seed, place, devices)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other trainings out of a run's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(folder / LOCK, timeout=0):
            yield
    except filelock.Timeout:
        raise ValueError(
            f"another training is at work in {folder}: wait for it, or run another stage with --stage, side by side."
        ) from None


def _train_alone(recipe: Recipe, stage: Stage, folder: Path, seed: int, place: Place, devices: Devices) -> list[Row]:
    chief = devices.chief
    better = BETTER[stage.monitor]
    graph: Graph = recipe.network.declare()
    data = _data(recipe, stage, seed, graph, place)
    record = {
        "run": folder.name,
        "recipe": recipe.to_table(),
        "stage": plain(stage),
        "seed": seed,
        "data": data.description,
        "epoch_seconds": stage.steps * data.step_seconds,
    }
    evaluate = Evaluate(folder, recipe.evaluation.sets, recipe.evaluation.every, place.judge if chief else None)
    history = read_history(folder)
    known = read_record(folder) if history else {}
    if history:
        _check_same(folder, known, record)
        _check_start(recipe, stage, folder, known, place)
        if len(history) >= stage.epochs or out_of_patience(history, stage.monitor, better, stage.patience):
            _finish(evaluate, len(history), data.bank if chief else None)
            return history
    validation = data.pairs.validation()
    keras.utils.set_random_seed(seed)
    started = _start(recipe, stage, graph, place)
    with devices.scope():
        network = build(graph, started.weights, stage.precision)
        model = _model(recipe, stage, network, graph, data, validation)
        model.compile(optimizer=_adam(stage))
        model.optimizer.build(model.network.trainable_variables)
    keeper = Keeper(model, folder, stage.monitor, better, stage.patience, chief)
    done = keeper.restore()
    if chief:
        begun = dict(started.record)
        if history and "taken" not in known:
            # What a run of an earlier version began with is not known.
            begun.pop("taken", None)
        write_record(folder, record | begun | {"versions": versions()})
    evaluate.after(done)
    batches = data.pairs.training(done * stage.steps)
    try:
        model.fit(
            endless(batches),
            initial_epoch=done,
            epochs=stage.epochs,
            steps_per_epoch=stage.steps,
            callbacks=[
                Speed(data.step_seconds),
                MovingAverage(model, stage.moving_average),
                keeper,
                *([keras.callbacks.TensorBoard(folder / "tensorboard")] if chief and _has_tensorboard() else []),
                evaluate,
            ],
            shuffle=False,
            verbose="auto" if chief else 0,
            **judged(validation, stage.batch),
        )
    finally:
        batches.close()
    _finish(evaluate, len(keeper.history), data.bank if chief else None)
    return keeper.history


def _finish(evaluate: Evaluate, epochs: int, bank: Path | None) -> None:
    """Do what comes after a run's last epoch: evaluate it, and give back the disk of its bank."""
    evaluate.finish(epochs)
    if bank is not None:
        shutil.rmtree(bank, ignore_errors=True)


@dataclass(frozen=True)
class _Data:
    """Where a run's batches come from, what to say of them, and how much audio a step hears."""

    pairs: Pairs
    description: dict[str, Any]
    step_seconds: float
    rate: int
    bank: Path | None = None


def _data(recipe: Recipe, stage: Stage, seed: int, graph: Graph, place: Place) -> _Data:
    data_seed = stage_seed(stage.name, seed)
    whole_batches = -(-stage.validation // stage.batch) * stage.batch
    if place.data is not None and is_reference(place.data):
        rate = 8000
        described = {"windows": [{"name": place.data.name, "licence": NOT_STATED}]}
        ready = Ready(place.data, recipe.splits, stage.batch, whole_batches, data_seed)
        return _Data(ready, described, stage.batch * hop_length(rate) / rate, rate)
    if place.data is not None:
        rate = dataset_rate(place.data)
        samples = _samples(stage, graph, rate)
        described = describe(place.data)
        stored = Stored(place.data, recipe.splits, samples, stage.batch, whole_batches, data_seed)
        return _Data(stored, described, stage.batch * samples / rate, rate)
    assert place.corpora is not None
    rate = stage.rate or recipe.mixing.rate
    samples = _samples(stage, graph, rate)
    specs = tuple(spec.at(place.corpora) for spec in recipe.corpora.values())
    mixing = replace(recipe.mixing_of(stage), rate=rate, seconds=samples / rate)
    described = describe_corpora(specs, mixing, place.out / "corpora.json")
    heard: tuple[CorpusSpec, ...] = tuple(prepared(spec, place.out / "prepared", place.workers) for spec in specs)
    live = replace(recipe.live_mixing(stage), rate=rate, seconds=samples / rate)
    judged = Origin(heard, live, recipe.splits[1], teaches=False)
    mixed = Mixed(Origin(heard, live, recipe.splits[0]), judged, stage.batch, whole_batches, data_seed, place.workers)
    step_seconds = stage.batch * samples / rate
    bank = recipe.bank_of(stage)
    if bank is None:
        return _Data(mixed, described, step_seconds, rate)
    longer = replace(mixing, seconds=bank.longer * samples / rate)
    mixed = replace(mixed, origin=Origin(heard, longer, recipe.splits[0]))
    folder = place.out / "banks" / f"{stage.name}-{seed}"
    banked = Banked(mixed, folder, bank.items, bank.heard, bank.effects, samples)
    return _Data(banked, described, step_seconds, rate, folder)


def _samples(stage: Stage, graph: Graph, rate: int) -> int:
    """Length of a sequence: what counts and, unless it counts from the first frame on, what the network looks back."""
    hop = hop_length(rate)
    frames = max(1, round(stage.seconds * rate / hop))
    return (frames + (0 if stage.from_first_frame else graph.context)) * hop


def _model(recipe: Recipe, stage: Stage, network: Any, graph: Graph, data: _Data, validation: Batch) -> Any:
    if isinstance(data.pairs, Ready):
        return Windows(network)
    context = 0 if stage.from_first_frame else graph.context
    loss = objective(recipe.losses(stage))
    ends = front_end(graph.front_end, data.rate)
    judged_at_once = min(stage.batch, len(validation[0]))
    shapes = (
        (stage.batch, round(data.step_seconds * data.rate / stage.batch)),
        (judged_at_once, validation[0].shape[1]),
    )
    return Denoising(network, ends, loss, context, stage.equal_levels, stage.bands_above_hz, shapes)


@dataclass(frozen=True)
class _Started:
    """Weights to begin with, None for random ones, and what a run's record says of them."""

    weights: Mapping[str, np.ndarray] | None
    record: dict[str, Any]


def _start(recipe: Recipe, stage: Stage, graph: Graph, place: Place) -> _Started:
    if not stage.start:
        return _Started(None, {})
    [name] = stage.start
    if _is_exported(recipe, name):
        folder = PROJECT / name
        weights, of_weights = read_weights(folder), read_front_end(folder)
        check_finite(weights, folder)
        if is_narrower(of_weights, weights, graph):
            weights = widen(weights, of_weights, graph)
        matched = match(weights, graph)
        record = {
            "from": name,
            "taken": {name: digest(folder)},
            "missing": list(matched.missing),
            "unused": list(matched.unused),
        }
        if matched.missing or matched.unused:
            print(
                f"{stage.name} begins with {name} where layers match: {len(matched.weights)} weights do; "
                f"zero: {', '.join(matched.zero) or 'none'}; "
                f"random: {', '.join(x for x in matched.missing if x not in matched.zero) or 'none'}; "
                f"not used: {', '.join(matched.unused) or 'none'}."
            )
        return _Started(matched.begin(weights_of(build(graph, None))), record | {"before": origins({name: folder})})
    [run] = recipe.runs_of(name)
    path = _weights_file(recipe, name, place.out / run)
    weights = read_weights(path)
    check_finite(weights, path)
    record = {"from": run, "taken": {run: digest(path)}, "before": origins({run: place.out / run})}
    return _Started(weights, record)


def _is_exported(recipe: Recipe, name: str) -> bool:
    """Tell whether a stage begins with an exported model's folder, not with a run."""
    return "/" in name and name.partition(":")[0] not in {stage.name for stage in recipe.stages}


def _check_start(recipe: Recipe, stage: Stage, folder: Path, known: Mapping[str, Any], place: Place) -> None:
    """Refuse a run that began with other weights than it would begin with now; sources that are gone are no others."""
    if not stage.start or "taken" not in known:
        return
    [run] = stage.start
    path = PROJECT / run
    if not _is_exported(recipe, run):
        [run] = recipe.runs_of(run)
        path = _taken_of(recipe, stage.start[0], place.out / run)
    if path.exists() and known["taken"] != {run: digest(path)}:
        raise OtherRecipeError(
            f"{folder} began with other weights than {run} now has: give --out another folder, or delete that run."
        )


def _taken_of(recipe: Recipe, name: str, folder: Path) -> Path:
    """Give the file of the weights that later stages take of a run."""
    stage = recipe.stage(name.partition(":")[0])
    return folder / (BEST if stage.kind == "train" and stage.take == "best" else LAST)


def _weights_file(recipe: Recipe, name: str, folder: Path) -> Path:
    """Find the weights that later stages take of a run that is whole."""
    stage = recipe.stage(name.partition(":")[0])
    path = _taken_of(recipe, name, folder)
    history = read_history(folder)
    whole_run = stage.kind == "average" or len(history) >= stage.epochs
    if not path.is_file() or not (
        whole_run or out_of_patience(history, stage.monitor, BETTER[stage.monitor], stage.patience)
    ):
        raise FileNotFoundError(f"{folder} holds no whole run yet: run the stage {stage.name} first.")
    return path


def _average(recipe: Recipe, stage: Stage, place: Place) -> None:
    """Write the mean of other runs' weights: it lies in their valley, and often deeper (Wortsman et al. 2022)."""
    shares: dict[str, float] = {}
    files: dict[str, Path] = {}
    for name, share in zip(stage.start, stage.weights or (1.0,) * len(stage.start), strict=True):
        runs = recipe.runs_of(name)
        for run in runs:
            shares[run] = shares.get(run, 0.0) + share / len(runs)
            files[run] = _weights_file(recipe, name, place.out / run)
    folder = place.out / stage.name
    record: dict[str, Any] = {
        "run": stage.name,
        "mean_of": shares,
        "recipe": recipe.to_table(),
        "stage": plain(stage),
        "taken": {run: digest(path) for run, path in files.items()},
        "before": origins({run: place.out / run for run in shares}),
    }
    if (folder / LAST).is_file():
        known = read_record(folder)
        _check_same(folder, known, record)
        taken: Mapping[str, str] = record["taken"]
        was = known.get("taken", taken)
        changed = [run for run in dict.fromkeys([*was, *taken]) if was.get(run) != taken.get(run)]
        if changed:
            print(f"{folder} is made anew: the weights of {', '.join(changed)} have changed.")
            # Last the weights: a kill before leaves what is known to be old.
            (folder / MEASURES).unlink(missing_ok=True)
            (folder / LAST).unlink()
    if not (folder / LAST).is_file():
        _write_average(folder, files, shares, record)
    Evaluate(folder, recipe.evaluation.sets, 0, place.judge).finish(1)


def _write_average(
    folder: Path, files: Mapping[str, Path], shares: Mapping[str, float], record: Mapping[str, Any]
) -> None:
    networks = {run: load(path) for run, path in files.items()}
    graph = next(iter(networks.values())).graph
    # Built from each in turn, a network of another kind is refused by name.
    each = {run: weights_of(build(graph, weights_of(network))) for run, network in networks.items()}
    for run, weights in each.items():
        check_finite(weights, files[run])
    total = sum(shares.values())
    mean = {
        name: np.sum([np.float64(shares[run] / total) * each[run][name] for run in each], axis=0).astype(np.float32)
        for name in next(iter(each.values()))
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_record(folder, {**record, "versions": versions()})
    with whole(folder / LAST) as part:
        build(graph, mean).save(part)


def _check_same(folder: Path, known: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse to go on with a run of another recipe; only its number of epochs, and what follows it, may change."""
    recipe, other = known.get("recipe", {}), json.loads(json.dumps(wanted))["recipe"]
    differ = [
        name
        for name in ("corpora", "mixing", "bank", "network", "loss", "splits")
        if recipe.get(name) != other.get(name)
    ]
    stage = json.loads(json.dumps(wanted["stage"]))
    was = known.get("stage", {})
    differ += [f"stage.{key}" for key in stage if key not in ("epochs", "patience") and was.get(key) != stage[key]]
    differ += differing_data(known.get("data", {}), wanted.get("data", {}))
    if differ:
        raise OtherRecipeError(
            f"{folder} was run with another {', '.join(differ)}: give --out another folder, or delete that run."
        )


def differing_data(known: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Name what differs in the data of a run's record, wherever they lie; teachers follow the mixing."""

    def told(data: Any) -> Any:
        if not isinstance(data, list):
            return data
        return [{key: source.get(key) for key in ("name", "licence", "sha256", "clips")} for source in data]

    roles = [*ROLES, "windows", "seed", "mixing", "splits"]
    return [f"data.{role}" for role in roles if known and told(known.get(role)) != told(wanted.get(role))]


def _adam(stage: Stage) -> keras.optimizers.Optimizer:
    """Make the optimizer of a stage (Kingma & Ba 2015; Loshchilov & Hutter 2017 for the schedule)."""
    rate: Any = stage.learning_rate
    if stage.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, stage.epochs * stage.steps, alpha=0.01)
    return keras.optimizers.Adam(rate, clipnorm=stage.clip_norm or None)


def _has_tensorboard() -> bool:
    from importlib.util import find_spec

    return find_spec("tensorboard") is not None and keras.backend.backend() == "tensorflow"
