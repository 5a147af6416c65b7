"""The flagship's front end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from keras import ops

from speechenh_plugin.constants import COMB_BINS
from training.network.backend import complex_of
from training.network.features.bands import band_averages, triangles
from training.network.features.comb import Comb
from training.network.features.spectra import power, scaled
from training.network.features.stft import Stft

Tensor = Any

TINY = 1e-24
"""Power that is added to a bin before it is compressed: makes 0 * finite out of 0 * infinity, and slopes finite."""
LEAST_LEVEL = 1e-13
"""Power that is added to the followed level: a stream of zeros has zeros for features."""


class Fullband:
    """Log band energies over 0-24 kHz at any rate, and the lowest bins as compressed complex numbers if declared.

    Where ``level_seconds`` is declared, both are relative to the level of the stream so far: the mean of the frames'
    powers, the weights of past ones falling exponentially with that time constant. A stream that is louder by any
    factor then has the same features.

    Parameters
    ----------
    declaration : mapping
        The graph's ``front_end``.
    rate : float
        Sample rate, Hz.

    Attributes
    ----------
    triangles : ndarray, (band, bin)
        Weights that spread the bands' gains over bins.
    """

    def __init__(self, declaration: Mapping[str, Any], rate: float) -> None:
        self.stft = Stft(rate)
        self.declaration = dict(declaration)
        self.lookahead = declaration["lookahead"]
        self.triangles = triangles(np.asarray(declaration["centers"]), self.stft.frequencies)
        self._averages = band_averages(self.triangles)
        self._comb = Comb(self.stft) if declaration.get("comb") else None

    def inputs(self, noisy: Tensor) -> dict[str, Tensor]:
        """Return network inputs from noisy spectra (batch, time, bin)."""
        a, powers = self.declaration, power(noisy)
        if a.get("level_seconds"):
            inverse = 1 / (self._level(powers) + LEAST_LEVEL)
            powers, noisy = powers * inverse, scaled(noisy, ops.sqrt(inverse))
        energy = _product(powers, self._averages)
        decibels = 10 * ops.log10(energy + a["floor"])
        inputs = {"bands": ((decibels + a["offset"]) / a["scale"])[..., None]}
        if low := a["low_bins"]:
            shrink = ops.power(powers[..., :low] + TINY, (a["compression"] - 1) / 2)
            parts = ops.real(noisy[..., :low]), ops.imag(noisy[..., :low])
            inputs["low"] = ops.stack([part * shrink for part in parts], axis=-1)
        return inputs

    def _level(self, powers: Tensor) -> Tensor:
        """Return the followed level of each frame, (batch, time, 1)."""
        totals = ops.sum(powers, -1, keepdims=True)
        keep = np.exp(-self.stft.hop / (self.stft.rate * self.declaration["level_seconds"]))
        frames = ops.arange(ops.shape(totals)[1], dtype=totals.dtype)
        age = frames[:, None] - frames[None]
        weights = ops.where(age >= 0, ops.exp(np.log(keep) * ops.maximum(age, 0.0)), 0.0)
        return ops.matmul(weights / ops.sum(weights, -1, keepdims=True), totals)

    def gains(self, outputs: Mapping[str, Tensor], noisy: Tensor) -> Tensor:
        """Return the gain of each bin, (batch, time, bin)."""
        return _product(outputs["gains"][..., 0], self.triangles)

    def estimate(self, outputs: Mapping[str, Tensor], noisy: Tensor) -> Tensor:
        """Clean the spectra by gains, and the lowest bins by a comb and by filters across frames, too.

        The comb gives each bin of a voiced frame a share of the frame that ended a period earlier: the declared one,
        times what the gain takes away. What the filter (Mack & Habets 2020) gives is added to the bin: an
        untrained one, near zero, leaves it as it is.
        """
        gains, cleaned = self.gains(outputs, noisy), noisy
        if self._comb is not None:
            low, most = COMB_BINS, self.declaration["comb"]
            periods, voiced = map(ops.stop_gradient, self._comb.pitch(power(noisy) * ops.square(gains)))
            shares = most * voiced[..., None] * ops.relu(1 - gains[..., :low])
            combed = noisy[..., :low] + scaled(self._comb.earlier(noisy, periods) - noisy[..., :low], shares)
            cleaned = ops.concatenate([combed, noisy[..., low:]], axis=-1)
        if "filter" in outputs:
            low, taps = self.declaration["low_bins"], self.declaration["taps"]
            real, imaginary = outputs["filter"][..., :taps], outputs["filter"][..., taps:]
            past, filtered = noisy[..., :low], cleaned[..., :low]
            for tap in range(taps):
                if tap:
                    past = ops.concatenate([ops.zeros_like(past[:, :1]), past[:, :-1]], axis=1)
                filtered = filtered + complex_of(real[..., tap], imaginary[..., tap]) * past
            cleaned = ops.concatenate([filtered, cleaned[..., low:]], axis=-1)
        return scaled(cleaned, gains)


def _product(x: Tensor, matrix: np.ndarray) -> Tensor:
    """Multiply the last axis of `x` by a constant matrix, as one product of two axes."""
    return ops.tensordot(x, ops.cast(matrix, x.dtype), 1)
