"""Checkpoints: a run on disk that can be killed at any moment, and goes on as if it had not been."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import matplotlib.figure
import numpy as np
from keras import ops

from training.atomic import whole

Row = dict[str, float]

BEST, LAST = "best.keras", "last.keras"
"""Weights in a run's folder: of the best epoch, of the last."""

STATE = "state.npz"


class DivergedError(ValueError):
    """A training whose loss is no finite number any more."""


class Keeper(keras.callbacks.Callback):
    """Writes down a run after each epoch.

    Into the run's folder go ``last.keras``, ``best.keras`` (if it is the best), ``history.csv``, ``history.png`` and,
    last, ``state.npz``: weights, their average, optimizer and history. Every file appears whole or not at all.

    Parameters
    ----------
    model : Denoising or Windows
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
        model: Any,
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
        return best_epoch(self.history, self._monitor, self._better)

    @property
    def finished(self) -> bool:
        """Whether patience has run out."""
        return out_of_patience(self.history, self._monitor, self._better, self._patience)

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
        path = self._folder / STATE
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
        """Write everything down.

        Raises
        ------
        DivergedError
            If a loss is no finite number; nothing of the epoch is kept.
        """
        for name in ("loss", "val_loss"):
            value = float((logs or {}).get(name, 0.0))
            if not math.isfinite(value):
                raise DivergedError(
                    f"{self._folder} diverged: its {name} is {value} in epoch {epoch + 1}, of which nothing is kept; "
                    "give the same command again to go on from the epoch before, or give the stage a lower "
                    "learning_rate or a clip_norm, and --out another folder."
                )
        self.history.append({"epoch": epoch + 1, **{name: float(value) for name, value in (logs or {}).items()}})
        if self._write:
            writers: dict[str, Callable[[Path], object]] = {LAST: self._model.kept.save}
            if self.best == len(self.history) - 1:
                writers[BEST] = self._model.kept.save
            writers |= {"history.csv": self._csv, "history.png": self._png, STATE: self._state}
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
        state: dict[str, Any] = {name: ops.convert_to_numpy(value) for name, value in self._variables().items()}
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


def read_history(folder: Path) -> list[Row]:
    """Read the history that a run's folder holds, one row an epoch; empty if there is no run."""
    path = folder / STATE
    if not path.exists():
        return []
    with np.load(path) as state:
        history: list[Row] = json.loads(str(state["history"]))
    return history


def best_epoch(history: Sequence[Row], monitor: str, better: Callable[..., float]) -> int | None:
    """Index of the best epoch; None if there is none."""
    values = [row[monitor] for row in history]
    return values.index(better(values)) if values else None


def out_of_patience(history: Sequence[Row], monitor: str, better: Callable[..., float], patience: int) -> bool:
    """Tell whether so many epochs have passed without a better one; never if `patience` is 0."""
    best = best_epoch(history, monitor, better)
    return bool(patience and best is not None and len(history) - 1 - best >= patience)
