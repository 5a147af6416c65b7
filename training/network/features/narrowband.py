"""The reference recipe's front end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras import ops

from training.network.features.spectra import scaled
from training.network.features.stft import Stft
from training.network.front_end import BINS

Tensor = Any

TOP_BINS = 16
"""The top 500 Hz of the band, whose mean gain all higher bins get."""
LEAST_MAGNITUDE = 1e-9
LEAST_DEVIATION = 1e-7


class Narrowband:
    """129 magnitudes over 0-4 kHz, standardised by each frame's own mean and deviation.

    Parameters
    ----------
    declaration : mapping
        The graph's ``front_end``.
    rate : float
        Sample rate, Hz; at least 8000.

    Raises
    ------
    ValueError
        If the rate is lower.
    """

    def __init__(self, declaration: Mapping[str, Any], rate: float) -> None:
        self.stft = Stft(rate)
        self.max_gain = declaration["max_gain"]
        self.lookahead = declaration["lookahead"]
        if self.stft.bins < BINS:
            raise ValueError(f"the narrowband front end needs a rate of at least 8000 Hz, not {rate:g}")

    def inputs(self, noisy: Tensor) -> dict[str, Tensor]:
        """Return network inputs from noisy spectra (batch, time, bin)."""
        magnitude, mean, deviation = self._standard(noisy)
        return {"input": ((magnitude - mean) / deviation)[..., None]}

    def target(self, noisy: Tensor, clean: Tensor) -> Tensor:
        """Put the clean magnitude on the noisy frame's scale: what "magnitude" should be, (batch, time, 129, 1)."""
        _, mean, deviation = self._standard(noisy)
        return ((ops.abs(clean[..., :BINS]) - mean) / deviation)[..., None]

    def gains(self, outputs: Mapping[str, Tensor], noisy: Tensor) -> Tensor:
        """Return the gain of each bin, (batch, time, bin); above 4 kHz that of the band's top 500 Hz."""
        magnitude, mean, deviation = self._standard(noisy)
        estimate = outputs["magnitude"][..., 0] * deviation + mean
        gains = ops.clip(estimate / ops.maximum(magnitude, LEAST_MAGNITUDE), 0.0, self.max_gain)
        above = self.stft.bins - BINS
        if not above:
            return gains
        top = ops.mean(gains[..., -TOP_BINS:], axis=-1, keepdims=True)
        return ops.concatenate([gains, ops.repeat(top, above, axis=-1)], axis=-1)

    def estimate(self, outputs: Mapping[str, Tensor], noisy: Tensor) -> Tensor:
        """Clean the spectra; the noisy phase is kept."""
        return scaled(noisy, self.gains(outputs, noisy))

    def _standard(self, noisy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        magnitude = ops.abs(noisy[..., :BINS])
        mean = ops.mean(magnitude, axis=-1, keepdims=True)
        deviation = ops.sqrt(ops.mean(ops.square(magnitude - mean), axis=-1, keepdims=True))
        return magnitude, mean, ops.maximum(deviation, LEAST_DEVIATION)
