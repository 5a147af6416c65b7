"""How fast training goes."""

from __future__ import annotations

import time
from typing import Any

import keras


class Speed(keras.callbacks.Callback):
    """Adds to what the progress bar shows the seconds of audio that training hears in a second, all included.

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
