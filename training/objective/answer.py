"""A batch, what a network said to it, and what several losses need of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from keras import ops

from training.network.features import FrontEnd, band_averages, power, scaled, triangles
from training.network.front_end import fullband
from training.objective.arithmetic import TINY, raised
from training.objective.compiled import compiled

Tensor = Any
COMPRESSION = 0.3


@dataclass
class Answer:
    """A batch, and what the network said to it.

    Attributes
    ----------
    noisy, clean : Tensor, complex, (batch, time, bin)
        Spectra.
    outputs : mapping of Tensor
        The network's outputs.
    context : int
        First frames, which lack their past and do not count.
    bandwidth_hz : Tensor or None, (batch,)
        Above this frequency nothing is known about the clean signal, and nothing counts.
    step : Tensor or None, int, ()
        Training step, for losses that are computed in some steps only; None in validation.
    bands_above_hz : float or None
        Above this frequency, compressed spectra are compared by the flagship's bands instead of bins: its gains have
        nothing finer to say there.
    """

    front_end: FrontEnd
    noisy: Tensor
    clean: Tensor
    outputs: Mapping[str, Tensor]
    context: int = 0
    bandwidth_hz: Tensor | None = None
    step: Tensor | None = None
    bands_above_hz: float | None = None

    def share(self) -> None:
        """Compute what several losses need, before they are compiled apart."""
        # Computed while compiling, a property holds a part of that program; what comes out of it takes its place.
        self.estimate = compiled(lambda: self.estimate)
        self.powers = compiled(lambda: self.powers)
        if self.bands_above_hz is not None:
            self.columns = compiled(lambda: self.columns)
        self.shrinks = compiled(lambda: self.shrinks)
        # Not compiled: XLA adds the frames up several times more slowly.
        _ = self.waveforms

    @cached_property
    def estimate(self) -> Tensor:
        """Cleaned spectra."""
        return self.front_end.estimate(self.outputs, self.noisy)

    @cached_property
    def powers(self) -> tuple[Tensor, Tensor]:
        """Squared magnitudes of estimate and clean signal, (batch, time, bin)."""
        return power(self.estimate), power(self.clean)

    @property
    def known_powers(self) -> tuple[Tensor, Tensor]:
        """Those in the band that the clean signal holds, else 0, (batch, time, bin)."""
        known = self.known
        estimate, clean = (powers * known for powers in self.powers)
        return estimate, clean

    @property
    def counted_powers(self) -> tuple[Tensor, Tensor]:
        """Known powers of the frames that count, (batch, time, bin); others are cut off."""
        estimate, clean = (powers[:, self.context :] for powers in self.known_powers)
        return estimate, clean

    @cached_property
    def columns(self) -> tuple[Tensor, Tensor]:
        """Squared magnitudes of estimate and clean signal in bins, and from `bands_above_hz` on in bands."""
        if self.bands_above_hz is None:
            return self.powers
        first, averages, _ = self._bands
        known = self.known[..., first:]
        estimate, clean = (
            ops.concatenate([powers[..., :first], ops.matmul(powers[..., first:] * known, averages)], -1)
            for powers in self.powers
        )
        return estimate, clean

    @cached_property
    def shrinks(self) -> tuple[Tensor, Tensor]:
        """Factors |X|^-0.7 of `columns`, (batch, time, column)."""
        estimate, clean = (raised(p, (COMPRESSION - 1) / 2) for p in self.columns)
        return estimate, clean

    @property
    def compressed(self) -> tuple[Tensor, Tensor]:
        """Magnitudes |X|^0.3 of estimate and clean signal, (batch, time, column)."""
        estimate, clean = (s * ops.sqrt(p + TINY) for s, p in zip(self.shrinks, self.columns, strict=True))
        return estimate, clean

    @property
    def compressed_distance(self) -> Tensor:
        """Squared distance of X |X|^-0.7 between estimate and clean signal, (batch, time, column).

        In a band with mean powers P of the estimate and Q of the clean signal, and R the mean of the real part of one
        times the other's conjugate: P^0.3 + Q^0.3 - 2 R (P Q)^-0.35.
        """
        first = None if self.bands_above_hz is None else self._bands[0]
        spectra = (self.estimate[..., :first], self.clean[..., :first])
        estimate, clean = (scaled(x, s[..., :first]) for x, s in zip(spectra, self.shrinks, strict=True))
        distance = power(estimate - clean)
        if first is None:
            return distance
        averages = self._bands[1]
        high = self.estimate[..., first:], self.clean[..., first:]
        product = ops.real(high[0]) * ops.real(high[1]) + ops.imag(high[0]) * ops.imag(high[1])
        common = ops.matmul(product * self.known[..., first:], averages)
        of_estimate, of_clean = (s[..., first:] for s in self.shrinks)
        own = [ops.square(s[..., first:]) * p[..., first:] for s, p in zip(self.shrinks, self.columns, strict=True)]
        in_bands = own[0] + own[1] - 2 * common * of_estimate * of_clean
        return ops.concatenate([distance, ops.relu(in_bands)], -1)

    @property
    def weight(self) -> Tensor:
        """How many bins each column of each frame counts for, (batch, time, column): 1 or 0 for a bin."""
        known = self.known
        if self.bands_above_hz is not None:
            first, _, bins = self._bands
            known = ops.concatenate([known[..., :first], ops.matmul(known[..., first:], bins)], -1)
        return self.counts * known * ops.ones_like(self.columns[1])

    @property
    def counts(self) -> Tensor:
        """1 where a frame counts, else 0; (1, time, 1)."""
        frames = ops.arange(self.noisy.shape[1])[None] >= self.context
        return ops.cast(frames, "float32")[..., None]

    @cached_property
    def waveforms(self) -> tuple[Tensor, Tensor]:
        """Estimate and clean signal, (batch, samples), of the known band and the frames that count, whole hops only."""
        stft = self.front_end.stft
        start, end = self.context * stft.hop, -(stft.size - stft.hop)
        known = self.known
        estimate, clean = (stft.inverse(scaled(x, known))[:, start:end] for x in (self.estimate, self.clean))
        return estimate, clean

    @property
    def known(self) -> Tensor:
        """1 in the band that the clean signal holds, else 0; (batch or 1, 1, bin)."""
        stft = self.front_end.stft
        if self.bandwidth_hz is None:
            return ops.ones((1, 1, stft.bins))
        frequencies = ops.cast(stft.frequencies, "float32")
        return ops.cast(frequencies[None] <= ops.cast(self.bandwidth_hz, "float32")[:, None], "float32")[:, None]

    @property
    def _bands(self) -> tuple[int, Tensor, Tensor]:
        """First bin above the split, and for the bins from there on (bin, band): averages, and bins that each is of."""
        assert self.bands_above_hz is not None
        frequencies = self.front_end.stft.frequencies
        first = int(np.searchsorted(frequencies, self.bands_above_hz))
        centers = np.asarray(fullband()["centers"])
        weights = triangles(centers[centers >= self.bands_above_hz], frequencies[first:])
        weights = weights[weights.any(1)]
        return first, ops.cast(band_averages(weights), "float32"), ops.cast(weights.T, "float32")
