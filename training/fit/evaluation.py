"""Evaluations of a network while it is trained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import keras

from training.atomic import write_text

MEASURES = "evaluation.json"


class Judge(Protocol):
    """Judges runs on evaluation sets; this room does not know how."""

    def check(self, sets: Sequence[str]) -> None:
        """Find out before a training begins whether it can be evaluated on these sets, or raise what is wrong."""
        ...

    def judge(self, folder: Path, sets: Sequence[str]) -> dict[str, dict[str, float]]:
        """Give the means of a run's last weights, by set and measure."""
        ...


class Evaluate(keras.callbacks.Callback):
    """Evaluates the kept network every so many epochs, and writes the means into ``evaluation.json`` by epoch.

    Parameters
    ----------
    folder : Path
        Of the run.
    sets : sequence of str
        Names of evaluation sets.
    every : int
        Epochs from one evaluation to the next; with 0 there is none before the end.
    judge : Judge or None
        Who judges; without one nothing is evaluated.
    """

    def __init__(self, folder: Path, sets: Sequence[str], every: int, judge: Judge | None) -> None:
        super().__init__()
        self._folder = folder
        self._sets = sets
        self._every = every
        self._judge = judge

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Evaluate, if it is time."""
        self.after(epoch + 1)

    def after(self, done: int) -> None:
        """Evaluate what so many epochs have left, if it is time and has not been done: a kill may have come between."""
        if self._every and done and done % self._every == 0:
            self.finish(done)

    def finish(self, done: int) -> None:
        """Evaluate what so many epochs have left, unless that has been done."""
        if self._judge is None or not self._sets:
            return
        path = self._folder / MEASURES
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if str(done) not in found:
            found[str(done)] = self._judge.judge(self._folder, self._sets)
            write_text(path, json.dumps(found, indent=1))
