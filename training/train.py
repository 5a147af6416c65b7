"""``python -m training.train CONFIG.toml``: fit a network on a data set, or on mixtures made while it trains.

The run's folder holds all that is needed to go on after a kill (run the same command again), to look at it
(``tensorboard --logdir``, ``history.csv``, ``history.png``) and to export it (``best.keras``).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

from training.atomic import write_text
from training.config import BETTER, Config
from training.data import dataset, deepfilternet
from training.data.corpora import CorpusError, parse
from training.data.workers import Recipe
from training.fit.loop import Average, Denoising, Keeper, Speed
from training.fit.origin import origins
from training.network import NETWORKS, Graph, GraphError
from training.network.features import front_end, hop_length
from training.network.keras_build import build, load, weights_of
from training.objective import losses


@dataclass(frozen=True)
class Source:
    """Where training pairs come from: a data set's folder, or corpora to mix from.

    Attributes
    ----------
    data
        Folder written by ``python -m training.create_dataset``.
    speech, noise
        Specifications of corpora (see `training.data.corpora.parse`), when there is no data set.
    """

    data: Path | None = None
    speech: tuple[str, ...] = ()
    noise: tuple[str, ...] = ()

    def sample_rate(self, config: Config) -> int:
        """Sample rate of the pairs, Hz."""
        if self.data is None:
            return config.mix.sample_rate
        return int(dataset.describe(self.data)["settings"]["sample_rate"])

    def describe(self, config: Config) -> dict[str, Any]:
        """Tell what the model card will say of the data."""
        if self.data is not None:
            return dataset.describe(self.data)
        corpora = {"speech": map(parse, self.speech), "noise": map(parse, self.noise)}
        sources = {role: [{"name": c.name, "licence": c.licence} for c in of_role] for role, of_role in corpora.items()}
        if config.mix.taught:
            sources["teacher"] = [deepfilternet.SOURCE]
        return {**sources, "settings": config.mix.to_dict()}


def train(
    config: Config, source: Source, out: Path, strategy: str = "none", start: Path | None = None
) -> list[dict[str, float]]:
    """Train, or go on training.

    Parameters
    ----------
    config : Config
        What to train.
    source : Source
        Pairs to train on.
    out : Path
        Folder of the run; made if missing.
    strategy : {"none", "mirrored", "multiworker"}
        One device, all devices of this machine, or the machines of the environment variable TF_CONFIG
        (see `tf.distribute.MultiWorkerMirroredStrategy`). `config.batch` is the batch of all of them together.
    start : Path, optional
        Weights to begin with: a ``.keras`` file, or a folder of an exported model (whose network has no batch norm).
        Regions of the spectrum that they do not tell apart begin alike.

    Returns
    -------
    list of dict
        The history, one row an epoch.

    Raises
    ------
    ValueError
        If `start` holds another network, or one that tells more regions apart, or if runs behind it that differ have
        one name.
    ModuleNotFoundError
        If the package of a loss's network or of the teacher's is not installed.
    """
    if source.data is None and config.mix.taught:
        deepfilternet.networks()
    began: dict[str, Any] = {}
    if start is not None:
        (name,), before = origins(start)
        began = {"start": name, "before": before}
    scope = STRATEGIES[strategy]()
    keras.utils.set_random_seed(config.seed)
    rate = source.sample_rate(config)
    graph = NETWORKS[config.network]()
    ends = front_end(graph.front_end, rate)
    with scope.scope():
        weights = None if start is None else for_regions(trained(start), graph)
        network = build(graph, weights, config.precision)
        model = Denoising(network, ends, losses.objective(config.loss), graph.context, config.equal_levels)
        model.compile(optimizer=adam(config))
        model.optimizer.build(model.network.trainable_variables)
    chief = _chief(scope)
    out.mkdir(parents=True, exist_ok=True)
    keeper = Keeper(model, out, config.monitor, BETTER[config.monitor], config.patience, chief)
    done = keeper.restore()
    if chief:
        data = source.describe(config)
        if source.data is None:
            data["settings"]["seconds"] = _samples(config, source, graph.context) / rate
        description = {
            # Not the config's own mix: a data set was made by another, live mixtures are as long as a sequence.
            "recipe": config.to_dict() | {"mix": data["settings"]},
            "data": data,
            **began,
        }
        write_text(out / "run.json", json.dumps(description, indent=1))
    if done < config.epochs and not keeper.finished:
        seconds = config.batch * (config.frames + graph.context) * ends.stft.hop / rate
        model.fit(
            training_pairs(config, source, graph.context, done * config.steps),
            initial_epoch=done,
            epochs=config.epochs,
            steps_per_epoch=config.steps,
            validation_data=validation_pairs(config, source, graph.context),
            callbacks=[
                Speed(seconds),
                Average(model, config.average),
                keeper,
                *([keras.callbacks.TensorBoard(out / "tensorboard")] if chief else []),
            ],
            shuffle=False,
            verbose="auto" if chief else 0,
        )
    return keeper.history


def trained(start: Path) -> dict[str, np.ndarray]:
    """Read weights by "NODE/WEIGHT" from a ``.keras`` file, or from a folder of an exported model.

    Raises
    ------
    OSError, ValueError
        If there are none.
    """
    if start.is_dir():
        return load_file(start / "weights.safetensors")
    return weights_of(load(start))


def for_regions(weights: Mapping[str, np.ndarray], graph: Graph) -> dict[str, np.ndarray]:
    """Give each region of the spectrum (NODE1, NODE2 ...) the weights of the wider one, or of NODE, that served it.

    Raises
    ------
    GraphError
        If the weights tell more regions apart than the network does.
    """
    given = {key.rsplit("/", 1)[0] for key in weights}
    layers = {name: name.rstrip("0123456789") for name, node in graph.nodes.items() if node.weights}
    regions, wider = Counter(layers.values()), Counter(name.rstrip("0123456789") for name in given)
    for layer, count in regions.items():
        if wider[layer] > count:
            raise GraphError(
                f"{graph.name}: there are weights for {wider[layer]} layers '{layer}', and the network has {count}; "
                "begin with those of as many or fewer regions of the spectrum"
            )
    found = dict(weights)
    for name, layer in layers.items():
        if name == layer or wider[layer] in (0, regions[layer]):
            continue
        region = int(name.removeprefix(layer))
        served = layer if layer in given else f"{layer}{(2 * region - 1) * wider[layer] // (2 * regions[layer]) + 1}"
        found |= {f"{name}/{weight}": weights[f"{served}/{weight}"] for weight in graph.nodes[name].weights}
    return found


def training_pairs(config: Config, source: Source, context: int, step: int) -> tf.data.Dataset:
    """Make batches (noisy, clean, bandwidth) without end, from a step on: always the same ones for the same step.

    Parameters
    ----------
    config, source
        What to make, and from what.
    context : int
        Frames before those of the loss.
    step : int
        Steps that have been done.
    """
    samples = _samples(config, source, context)
    if source.data is None:
        recipe = _recipe(config, source, config.splits[0], samples)
        pairs = dataset.live(recipe, config.batch, seed=config.seed, start=step * config.batch)
        return pairs.map(_pair)
    pairs = dataset.read(source.data, config.splits[0], config.batch, shuffle=config.seed, repeat=True)
    return pairs.enumerate().skip(step).map(partial(_crop, samples=samples, seed=config.seed)).map(_pair)


def validation_pairs(config: Config, source: Source, context: int) -> tf.data.Dataset:
    """Make the batches that every epoch is judged on."""
    if source.data is None:
        recipe = _recipe(config, source, config.splits[1], _samples(config, source, context))
        pairs = dataset.live(recipe, config.batch, seed=config.seed)
    else:
        pairs = dataset.read(source.data, config.splits[1], config.batch)
    pairs = pairs.map(_pair).take(-(-config.validation // config.batch)).cache()
    # At the end of data of unknown size, Keras counts one more batch than its means have heard.
    return pairs.apply(tf.data.experimental.assert_cardinality(sum(1 for _ in pairs)))


def _samples(config: Config, source: Source, context: int) -> int:
    return (context + config.frames) * hop_length(source.sample_rate(config))


def _recipe(config: Config, source: Source, split: str, samples: int) -> Recipe:
    settings = replace(config.mix, seconds=samples / config.mix.sample_rate)
    return Recipe(source.speech, source.noise, settings, split)


def _crop(index: Any, batch: dict[str, Any], samples: int, seed: int) -> dict[str, Any]:
    """Cut some `samples` samples out of longer mixtures, others at every pass."""
    length = tf.shape(batch["noisy"])[1]
    tf.debugging.assert_greater_equal(length, samples, "the data set's mixtures are shorter than a training sequence")
    start = tf.random.stateless_uniform((), (seed, index), 0, length - samples + 1, tf.int32)
    cut = {name: batch[name][:, start : start + samples] for name in ("noisy", "clean")}
    return {**batch, **cut}


def _pair(batch: dict[str, Any]) -> tuple[Any, Any, Any]:
    return batch["noisy"], batch["clean"], batch["bandwidth_hz"]


def adam(config: Config) -> keras.optimizers.Optimizer:
    """Make the optimizer that a config asks for (Kingma & Ba 2015; Loshchilov & Hutter 2017 for the schedule)."""
    rate: Any = config.learning_rate
    if config.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, config.epochs * config.steps, alpha=0.01)
    return keras.optimizers.Adam(rate, clipnorm=config.clip_norm or None)


STRATEGIES: dict[str, Callable[[], Any]] = {
    "none": tf.distribute.get_strategy,
    "mirrored": tf.distribute.MirroredStrategy,
    "multiworker": tf.distribute.MultiWorkerMirroredStrategy,
}


def _chief(strategy: Any) -> bool:
    """Tell whether this process is the one that writes."""
    cluster = strategy.cluster_resolver
    return cluster is None or cluster.task_id in (None, 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__.split("\n")[0])
    parser.add_argument("config", type=Path, help="TOML file, as in training/configs")
    parser.add_argument("--data", type=Path, help="data set made by training.create_dataset")
    parser.add_argument("--speech", action="append", default=[], help="corpus to mix from: KIND:PATH (repeatable)")
    parser.add_argument("--noise", action="append", default=[], help="corpus to mix from: KIND:PATH (repeatable)")
    parser.add_argument("--out", type=Path, help="folder of the run; runs/NAME OF THE CONFIG by default")
    parser.add_argument(
        "--start", type=Path, help="weights to begin with: a .keras file, or an exported model's folder"
    )
    parser.add_argument("--strategy", choices=list(STRATEGIES), default="none", help="how to use several devices")
    options = parser.parse_args(arguments)
    if (options.data is None) == (not options.speech or not options.noise):
        parser.error("give either --data, or --speech and --noise")
    try:
        config = Config.read(options.config)
        source = Source(options.data, tuple(options.speech), tuple(options.noise))
        out = options.out or Path("runs") / options.config.stem
        history = train(config, source, out, options.strategy, options.start)
    except (ValueError, OSError, ModuleNotFoundError, CorpusError, dataset.DatasetError) as error:
        print(f"training.train: {error}", file=sys.stderr)
        return 1
    best = BETTER[config.monitor](row[config.monitor] for row in history)
    print(f"{out}: {len(history)} epochs, best {config.monitor} {best:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
