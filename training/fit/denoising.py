"""What a step of training computes: a network with its front end, from noisy waveforms to a loss."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from training.network.features import FrontEnd, Narrowband, power, scaled
from training.network.keras_build import GraphModel, build, weights_of
from training.objective.answer import Answer
from training.objective.arithmetic import TINY
from training.objective.compiled import compiled
from training.objective.losses import Loss
from training.objective.si_sdr import si_sdr
from training.objective.stoi import stoi


@keras.saving.register_keras_serializable("training")
class Denoising(keras.Model):
    """A network with its front end; fit it on (noisy, clean[, bandwidth_hz]).

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
    bands_above_hz : float, optional
        See `training.objective.answer.Answer`.
    shapes : pair of (int, int), optional
        Mixtures and samples of batches to train on and to validate on, all devices together: batches of several workers
        come without shapes, and losses are compiled for shapes that are known.

    Attributes
    ----------
    kept : GraphModel
        The same network in float32, as the engine computes it: what validation judges and a run keeps.
        :class:`training.fit.moving_average.MovingAverage` moves its weights after those of `network`.
    """

    def __init__(
        self,
        network: GraphModel,
        front_end: FrontEnd,
        loss: Loss,
        context: int = 0,
        equal_levels: bool = False,
        bands_above_hz: float | None = None,
        shapes: tuple[tuple[int, int], tuple[int, int]] | None = None,
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
        self._bands_above_hz = bands_above_hz
        self._shapes = shapes
        self._si_sdr = keras.metrics.Mean("si_sdr")
        self._stoi = keras.metrics.Mean("stoi")
        self._rmse = keras.metrics.RootMeanSquaredError("rmse") if isinstance(front_end, Narrowband) else None

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        # The network comes built. Keras would build it from a first batch, and fails on those of several workers.
        pass

    def call(self, noisy: Any, training: bool = False) -> dict[str, Any]:
        """Network outputs, float32, from noisy waveforms (batch, samples)."""
        network = self.network if training else self.kept
        noisy = self._shaped(noisy, training)
        outputs = network(self.front_end.inputs(self.front_end.stft(noisy)), training=training)
        return {role: ops.cast(output, "float32") for role, output in outputs.items()}

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Compute the objective; `sample_weight` is the clean signals' bandwidth in Hz."""
        stft = self.front_end.stft
        noisy, clean = (stft(self._shaped(signals, training)) for signals in (x, y))
        if sample_weight is not None and None in tuple(sample_weight.shape):
            sample_weight = ops.reshape(sample_weight, noisy.shape[:1])
        answer = self.answer(noisy, clean, y_pred, sample_weight, training)
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

    def _shaped(self, signals: Any, training: bool) -> Any:
        if self._shapes is None or None not in tuple(signals.shape):
            return signals
        mixtures, samples = self._shapes[0 if training else 1]
        return ops.reshape(signals, (mixtures // self.distribute_strategy.num_replicas_in_sync, samples))

    def answer(
        self, noisy: Any, clean: Any, outputs: dict[str, Any], bandwidth_hz: Any, training: bool = False
    ) -> Answer:
        """Make what the objective judges of a batch's spectra, outputs and bandwidths, at equal levels if asked for."""
        if self._equal_levels:
            gain = ops.rsqrt(ops.mean(power(noisy), (1, 2), keepdims=True) + TINY)
            noisy, clean = scaled(noisy, gain), scaled(clean, gain)
        if ahead := self.front_end.lookahead:
            # The outputs for a frame come `ahead` frames later; those for the last frames would be still to come.
            noisy, clean = noisy[:, :-ahead], clean[:, :-ahead]
            outputs = {role: output[:, ahead:] for role, output in outputs.items()}
        return Answer(
            self.front_end,
            noisy,
            clean,
            outputs,
            self._context,
            bandwidth_hz,
            step=self._step() if training else None,
            bands_above_hz=self._bands_above_hz,
        )

    def _step(self) -> Any:
        # Within a step Keras on JAX hides the optimizer's variables: there all losses are computed in each one.
        if self.optimizer is None or keras.backend.backend() == "jax":
            return None
        return ops.convert_to_tensor(self.optimizer.iterations)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Tell what `compute_loss` counted."""
        results: dict[str, Any] = self.get_metrics_result()
        if not self._judged:
            # They take a tenth of a step: only validation computes them.
            results = {
                name: result for name, result in results.items() if name not in (self._si_sdr.name, self._stoi.name)
            }
        if getattr(getattr(self, "distribute_strategy", None), "cluster_resolver", None) is not None:
            # Keras takes the workers' mean along a first axis, which a number does not have.
            return {name: result[None] for name, result in results.items()}
        return results
