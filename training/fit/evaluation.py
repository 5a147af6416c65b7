"""What a network does through the effect while it is trained: an export, and evaluation sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras

from training.atomic import write_text
from training.fit.keeper import LAST

MEASURES = "evaluation.json"

EVERY = 3
"""Of the pairs of a set, every third is judged while training goes on."""


class Evaluate(keras.callbacks.Callback):
    """Evaluates the kept network every so many epochs, and writes the means into ``evaluation.json`` by epoch.

    Parameters
    ----------
    folder : Path
        Of the run.
    sets : sequence of str
        Names of evaluation sets.
    every : int
        Epochs from one evaluation to the next; 0 for the last epoch only.
    epochs : int
        Number of the last epoch.
    audio : Path
        Folder below which the sets' recordings lie.
    """

    def __init__(self, folder: Path, sets: Sequence[str], every: int, epochs: int, audio: Path) -> None:
        super().__init__()
        self._folder = folder
        self._sets = sets
        self._every = every
        self._epochs = epochs
        self._audio = audio

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Evaluate, if it is time."""
        done = epoch + 1
        if not self._sets or (done != self._epochs and (not self._every or done % self._every)):
            return
        path = self._folder / MEASURES
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        found[str(done)] = evaluate(self._folder, self._sets, self._audio)
        write_text(path, json.dumps(found, indent=1))


def check(sets: Sequence[str], audio: Path) -> None:
    """Find out before a training begins whether it can be evaluated.

    Parameters
    ----------
    sets
        Names of evaluation sets, or folders of pairs.
    audio
        Folder below which the sets' recordings lie.

    Raises
    ------
    ValueError
        If there is no such set, or its recordings are not there.
    ModuleNotFoundError
        If a measure's package is not installed.
    """
    from training.evaluation.evaluation_set import find_set

    for name in sets:
        try:
            find_set(name, audio)
        except ValueError as error:
            raise ValueError(f"{str(error).rstrip('.')}; with --no-evaluation it is trained all the same.") from error
    for package in ("pesq", "pystoi"):
        if find_spec(package) is None:
            raise ModuleNotFoundError(f"The recipe's evaluation needs {package}: pip install {package}")


def evaluate(folder: Path, sets: Sequence[str], audio: Path) -> dict[str, dict[str, float]]:
    """Export a run's last weights, and judge them through the effect.

    Parameters
    ----------
    folder
        Of the run; the exported model is left in its folder "model".
    sets
        Names of evaluation sets.
    audio
        Folder below which their recordings lie.

    Returns
    -------
    dict of str to dict
        Means by set and measure.
    """
    from training.evaluation.quick import quick
    from training.export import export

    export(folder / LAST, "model", folder / "model")
    return {name: quick(folder / "model", name, EVERY, audio=audio) for name in sets}
