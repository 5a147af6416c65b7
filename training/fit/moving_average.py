"""The moving average of weights over steps."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from training.fit.tensorflow_only import compiled


class MovingAverage(keras.callbacks.Callback):
    """Keeps the `kept` network of a model the moving average of its weights (Polyak & Juditsky 1992).

    Parameters
    ----------
    model : Denoising or Windows
        Compiled and built.
    momentum : float
        Share of the average that a step keeps, 0 (the weights themselves) to 1; less in the first steps,
        (1 + step) / (10 + step).
    """

    def __init__(self, model: Any, momentum: float) -> None:
        super().__init__()
        self._model = model
        self._momentum = momentum
        self._move = compiled(self._assign)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move towards the weights."""
        if hasattr(self._model, "jax_state_sync"):
            # Within an epoch, Keras on JAX keeps the weights in a state of its own.
            self._model.jax_state_sync()
        step = int(ops.convert_to_numpy(self._model.optimizer.iterations))
        self._move(ops.convert_to_tensor(1 - min(self._momentum, (1 + step) / (10 + step)), "float32"))

    def _assign(self, share: Any) -> None:
        for average, variable in zip(self._model.kept.variables, self._model.network.variables, strict=True):
            average.assign(share * variable + (1 - share) * average)
