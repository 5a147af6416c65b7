"""A step of training on the reference project's ready-made windows of standardised magnitudes."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from training.network.keras_build import GraphModel, build, weights_of


@keras.saving.register_keras_serializable("training")
class Windows(keras.Model):
    """A narrowband network, fit on (windows, targets) by the squared error of the frame that the latest one becomes.

    Parameters
    ----------
    network : GraphModel
        With the input "input" (129 bins) and the output "magnitude".

    Attributes
    ----------
    kept : GraphModel
        As of :class:`training.fit.denoising.Denoising`.

    Raises
    ------
    ValueError
        If the network has other inputs or outputs.
    """

    def __init__(self, network: GraphModel) -> None:
        super().__init__(dtype="float32")
        if set(network.graph.inputs) != {"input"} or "magnitude" not in network.graph.outputs:
            raise ValueError(
                f"{network.graph.name} cannot be trained on ready-made windows: they are for narrowband networks."
            )
        self.built = True
        self.network = network
        self.kept = build(network.graph, weights_of(network))
        self.kept.trainable = False
        self._rmse = keras.metrics.RootMeanSquaredError("rmse")

    def call(self, windows: Any, training: bool = False) -> Any:
        """Estimate of the latest frame, (batch, 1, 129, 1), from windows (batch, 8, 129, 1)."""
        network = self.network if training else self.kept
        return ops.cast(network({"input": windows}, training=training)["magnitude"], "float32")[:, -1:]

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Compute the mean squared error."""
        self._rmse.update_state(y, y_pred)
        return ops.mean(ops.square(y_pred - y))

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Tell what `compute_loss` counted."""
        results: dict[str, Any] = self.get_metrics_result()
        return results
