"""The training loop around a network: what a step computes, and what is kept after each epoch."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import matplotlib.figure
import numpy as np
import tensorflow as tf

from training.atomic import whole
from training.network.features import FrontEnd, Narrowband, power, scaled
from training.network.keras_build import GraphModel, build, weights_of
from training.objective.answer import Answer
from training.objective.arithmetic import TINY
from training.objective.compiled import compiled
from training.objective.losses import Loss
from training.objective.si_sdr import si_sdr
from training.objective.stoi import stoi

Row = dict[str, float]

BEST, LAST = "best.keras", "last.keras"
"""Weights in a run's folder: of the best epoch, of the last."""


@keras.saving.register_keras_serializable("training")
class Denoising(keras.Model):
    """A network with its front end, from noisy waveforms to a loss; fit it on (noisy, clean[, bandwidth_hz]).

    Parameters
    ----------
    network : GraphModel
        From :func:`training.network.keras_build.build`; in whatever precision.
    front_end : FrontEnd
        At the data's sample rate.
    loss : callable
        From :func:`training.objective.losses.objective`.
    context : int
        First frames that do not count.
    equal_levels : bool
        Whether the loss sees every mixture at the same power.

    Attributes
    ----------
    kept : GraphModel
        The same network in float32, as the engine computes it: what validation judges and a run keeps. :class:`Average`
        moves its weights after those of `network`.
    """

    def __init__(
        self,
        network: GraphModel,
        front_end: FrontEnd,
        loss: Loss,
        context: int = 0,
        equal_levels: bool = False,
    ) -> None:
        super().__init__(dtype="float32")
        self.built = True
        self.network = network
        self.kept = build(network.graph, weights_of(network))
        self.kept.trainable = False
        self.front_end = front_end
        self._objective = loss
        self._context = context
        self._equal_levels = equal_levels
        self._si_sdr = keras.metrics.Mean("si_sdr")
        self._stoi = keras.metrics.Mean("stoi")
        self._rmse = keras.metrics.RootMeanSquaredError("rmse") if isinstance(front_end, Narrowband) else None

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        # The network comes built. Keras would build it from a first batch, and fails on those of several workers.
        pass

    def call(self, noisy: Any, training: bool = False) -> dict[str, Any]:
        """Network outputs, float32, from noisy waveforms (batch, samples)."""
        network = self.network if training else self.kept
        outputs = network(self.front_end.inputs(self.front_end.stft(noisy)), training=training)
        return {role: tf.cast(output, tf.float32) for role, output in outputs.items()}

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Compute the objective; `sample_weight` is the clean signals' bandwidth in Hz."""
        stft = self.front_end.stft
        noisy, clean = stft(x), stft(y)
        answer = self.answer(noisy, clean, y_pred, sample_weight)
        loss = self._objective(answer)
        self._judged = not training
        if self._judged:
            self._si_sdr.update_state(compiled(lambda: si_sdr(*answer.waveforms)))
            self._stoi.update_state(compiled(lambda: stoi(*answer.counted_powers, stft)))
        if self._rmse is not None:
            assert isinstance(self.front_end, Narrowband)
            target = self.front_end.target(answer.noisy, answer.clean)
            self._rmse.update_state(target[:, self._context :], answer.outputs["magnitude"][:, self._context :])
        return loss

    def answer(self, noisy: Any, clean: Any, outputs: dict[str, Any], bandwidth_hz: Any) -> Answer:
        """Make what the objective judges of a batch's spectra, outputs and bandwidths, at equal levels if asked for."""
        if self._equal_levels:
            gain = tf.math.rsqrt(tf.reduce_mean(power(noisy), (1, 2), keepdims=True) + TINY)
            noisy, clean = scaled(noisy, gain), scaled(clean, gain)
        if ahead := self.front_end.lookahead:
            # The outputs for a frame come `ahead` frames later; those for the last frames would be still to come.
            noisy, clean = noisy[:, :-ahead], clean[:, :-ahead]
            outputs = {role: output[:, ahead:] for role, output in outputs.items()}
        return Answer(self.front_end, noisy, clean, outputs, self._context, bandwidth_hz)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Tell what `compute_loss` counted."""
        results: dict[str, Any] = self.get_metrics_result()
        if not self._judged:
            # They take a tenth of a step: only validation computes them.
            results = {
                name: result for name, result in results.items() if name not in (self._si_sdr.name, self._stoi.name)
            }
        if isinstance(self.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy):
            # Keras takes the workers' mean along a first axis, which a number does not have.
            return {name: result[None] for name, result in results.items()}
        return results


class Average(keras.callbacks.Callback):
    """Keeps :attr:`Denoising.kept` the moving average of the weights over steps (Polyak & Juditsky 1992).

    Parameters
    ----------
    model : Denoising
        Compiled and built.
    momentum : float
        Share of the average that a step keeps, 0 (the weights themselves) to 1; less in the first steps,
        (1 + step) / (10 + step).
    """

    def __init__(self, model: Denoising, momentum: float) -> None:
        super().__init__()
        self._model = model
        self._momentum = momentum

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move towards the weights."""
        step = int(self._model.optimizer.iterations.numpy())
        self._move(tf.constant(1 - min(self._momentum, (1 + step) / (10 + step)), tf.float32))

    @tf.function
    def _move(self, share: Any) -> None:
        for average, variable in zip(self._model.kept.variables, self._model.network.variables, strict=True):
            average.assign(share * variable + (1 - share) * average)


class Keeper(keras.callbacks.Callback):
    """Keeps a run on disk so that it can be killed at any moment, and go on as if it had not been.

    After each epoch it writes into the run's folder ``last.keras``, ``best.keras`` (if it is the best),
    ``history.csv``, ``history.png`` and, last, ``state.npz``: weights, their average, optimizer and history. Every file
    appears whole or not at all.

    Parameters
    ----------
    model : Denoising
        Compiled and built.
    folder : Path
        Of the run.
    monitor : str
        Name of the measure of the best epoch.
    better : callable
        ``min`` or ``max``.
    patience : int
        Epochs without a better one after which training stops; 0 never.
    write : bool
        False on all workers but one.
    """

    def __init__(
        self,
        model: Denoising,
        folder: Path,
        monitor: str,
        better: Callable[..., float],
        patience: int = 0,
        write: bool = True,
    ) -> None:
        super().__init__()
        self.history: list[Row] = []
        self._model = model
        self._folder = folder
        self._monitor = monitor
        self._better = better
        self._patience = patience
        self._write = write

    @property
    def best(self) -> int | None:
        """Index of the best epoch."""
        values = [row[self._monitor] for row in self.history]
        return values.index(self._better(values)) if values else None

    @property
    def finished(self) -> bool:
        """Whether patience has run out."""
        return bool(self._patience and self.best is not None and len(self.history) - 1 - self.best >= self._patience)

    def restore(self) -> int:
        """Go back to the last finished epoch on disk.

        Returns
        -------
        int
            Epochs done.

        Raises
        ------
        ValueError
            If the state is of another network.
        """
        path = self._folder / "state.npz"
        if not path.exists():
            return 0
        with np.load(path) as state:
            variables = self._variables()
            if {*variables, "history"} != {*state.files}:
                raise ValueError(f"{path} is the state of another network; give the run a folder of its own.")
            for name, variable in variables.items():
                variable.assign(state[name])
            self.history = json.loads(str(state["history"]))
        return len(self.history)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Write everything down."""
        self.history.append({"epoch": epoch + 1, **{name: float(value) for name, value in (logs or {}).items()}})
        if self._write:
            writers: dict[str, Callable[[Path], object]] = {LAST: self._model.kept.save}
            if self.best == len(self.history) - 1:
                writers[BEST] = self._model.kept.save
            writers |= {"history.csv": self._csv, "history.png": self._png, "state.npz": self._state}
            for name, write in writers.items():
                with whole(self._folder / name) as part:
                    write(part)
        if self.finished:
            self._model.stop_training = True

    def _variables(self) -> dict[str, Any]:
        network = {v.path: v for v in self._model.network.variables}
        averages = {f"average/{v.path}": v for v in self._model.kept.variables}
        # An optimizer's own names count the optimizers that the process has made.
        optimizer = {f"optimizer/{i}": v for i, v in enumerate(self._model.optimizer.variables)}
        return network | averages | optimizer

    def _state(self, path: Path) -> None:
        state: dict[str, Any] = {name: variable.numpy() for name, variable in self._variables().items()}
        np.savez(path, history=np.array(json.dumps(self.history)), **state)

    def _csv(self, path: Path) -> None:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(self.history[0]))
            writer.writeheader()
            writer.writerows(self.history)

    def _png(self, path: Path) -> None:
        names = [name.removeprefix("val_") for name in self.history[0] if name.startswith("val_")]
        figure = matplotlib.figure.Figure((5 * len(names), 4), layout="constrained")
        for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
            for key in (key for key in (name, f"val_{name}") if key in self.history[0]):
                axes.plot([row["epoch"] for row in self.history], [row[key] for row in self.history], label=key)
            axes.set(xlabel="epoch", title=name)
            axes.grid(alpha=0.3)
            axes.legend()
        figure.savefig(path, dpi=100)


class Speed(keras.callbacks.Callback):
    """Adds to what the progress bar shows the seconds of audio that training hears in a second.

    Parameters
    ----------
    seconds : float
        Of audio in a step.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._start = 0.0
        self._rate = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Put the mean since the epoch's start beside the loss."""
        self._rate = self._seconds * (batch + 1) / (time.perf_counter() - self._start)
        if logs is not None:
            logs["audio_s_per_s"] = self._rate

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Leave it to the history."""
        if logs is not None:
            logs["audio_s_per_s"] = self._rate
