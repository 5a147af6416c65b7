"""What training minimises: weighted sums of named terms, each a mean over the frames and bins that count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import tensorflow as tf

from training.network.features import (
    SILENCE,
    FrontEnd,
    Narrowband,
    Stft,
    active,
    band_averages,
    power,
    scaled,
    triangles,
)
from training.network.front_end import BANDS, fullband
from training.objective import pesq_loss
from training.objective.dnsmos_loss import layers, opinion

Tensor = Any
TINY = 1e-12


@dataclass
class Answer:
    """A batch, and what the network said to it.

    Attributes
    ----------
    noisy, clean : Tensor, complex, (batch, time, bin)
        Spectra.
    outputs : dict of Tensor
        The network's outputs.
    context : int
        First frames, which lack their past and do not count.
    bandwidth_hz : Tensor or None, (batch,)
        Above this frequency nothing is known about the clean signal, and nothing counts.
    """

    front_end: FrontEnd
    noisy: Tensor
    clean: Tensor
    outputs: Mapping[str, Tensor]
    context: int = 0
    bandwidth_hz: Tensor | None = None

    def share(self) -> None:
        """Compute what several losses need, before they are compiled apart."""
        # Computed while compiling, a property holds a part of that program; what comes out of it takes its place.
        self.estimate = compiled(lambda: self.estimate)
        self.powers = compiled(lambda: self.powers)
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
        estimate, clean = (powers * self._known for powers in self.powers)
        return estimate, clean

    @cached_property
    def shrinks(self) -> tuple[Tensor, Tensor]:
        """Factors |X|^-0.7 of estimate and clean signal, (batch, time, bin)."""
        estimate, clean = (_raised(p, (COMPRESSION - 1) / 2) for p in self.powers)
        return estimate, clean

    @property
    def compressed(self) -> tuple[Tensor, Tensor]:
        """Magnitudes |X|^0.3 of estimate and clean signal, (batch, time, bin)."""
        estimate, clean = (s * tf.sqrt(p + TINY) for s, p in zip(self.shrinks, self.powers, strict=True))
        return estimate, clean

    @property
    def weight(self) -> Tensor:
        """1 where a bin of a frame counts, else 0; (batch, time, bin)."""
        frames = tf.range(tf.shape(self.noisy)[1]) >= self.context
        return tf.cast(frames, tf.float32)[None, :, None] * self._known * tf.ones_like(tf.math.real(self.noisy))

    @cached_property
    def waveforms(self) -> tuple[Tensor, Tensor]:
        """Estimate and clean signal, (batch, samples), of the known band, without context and the unfinished hops."""
        stft = self.front_end.stft
        start, end = self.context * stft.hop, -(stft.size - stft.hop)
        estimate, clean = (stft.inverse(scaled(x, self._known))[:, start:end] for x in (self.estimate, self.clean))
        return estimate, clean

    @property
    def stoi(self) -> Tensor:
        """STOI of each estimate, (batch,)."""
        estimate, clean = self.known_powers
        return stoi(estimate, clean, self.front_end.stft, self.context)

    @property
    def _known(self) -> Tensor:
        """1 in the band that the clean signal holds, else 0; (batch, 1, bin)."""
        if self.bandwidth_hz is None:
            return tf.ones((1, 1, self.front_end.stft.bins))
        known = self.front_end.stft.frequencies[None] <= tf.cast(self.bandwidth_hz, tf.float64)[:, None]
        return tf.cast(known, tf.float32)[:, None]


def standardised_mse(answer: Answer) -> Tensor:
    """Squared error of the standardised magnitude, the reference recipe's loss (narrowband networks only)."""
    if not isinstance(answer.front_end, Narrowband):
        raise ValueError("the loss standardised_mse is for networks with a narrowband front end")
    error = answer.outputs["magnitude"] - answer.front_end.target(answer.noisy, answer.clean)
    return _mean(tf.square(error[..., 0]), answer.weight[..., :BANDS])


def compressed_magnitude(answer: Answer) -> Tensor:
    """Squared error of |X|^0.3."""
    estimate, clean = answer.compressed
    return _mean(tf.square(estimate - clean), answer.weight)


def compressed_complex(answer: Answer) -> Tensor:
    """Squared error of X |X|^-0.7, which sees phase too."""
    spectra = answer.estimate, answer.clean
    estimate, clean = (scaled(x, shrink) for x, shrink in zip(spectra, answer.shrinks, strict=True))
    return _mean(power(estimate - clean), answer.weight)


def over_suppression(answer: Answer) -> Tensor:
    """Squared error of |X|^0.3 where the estimate is too low: it protects speech (Braun & Tashev 2020)."""
    estimate, clean = answer.compressed
    return _mean(tf.square(tf.nn.relu(clean - estimate)), answer.weight)


def log_spectral(answer: Answer) -> Tensor:
    """Mean distance of band levels in tens of dB, where somebody speaks: faint treble counts as much as loud bass.

    A log-spectral distance (Gray & Markel 1976), by absolute values. The levels are those of the flagship's bands, and
    end 60 dB below the mixture's mean power a bin.
    """
    stft = answer.front_end.stft
    centers = np.asarray(fullband()["centers"])
    averages = band_averages(triangles(centers, stft.frequencies))
    filled = averages.any(0)
    averages = tf.constant(averages[:, filled], tf.float32)
    floor = 1e-6 * tf.reduce_mean(power(answer.noisy), (1, 2), keepdims=True) + TINY
    estimate, clean = (tf.math.log(tf.matmul(powers, averages) + floor) for powers in answer.known_powers)
    weight = answer.weight[..., :1] * tf.cast(active(answer.powers[1]), tf.float32)[..., None]
    if answer.bandwidth_hz is not None:
        weight *= tf.cast(centers[filled][None] <= answer.bandwidth_hz[:, None], tf.float32)[:, None]
    return _mean(tf.abs(estimate - clean) / np.log(10), weight * tf.ones_like(clean))


def unintelligibility(answer: Answer) -> Tensor:
    """Tell how much speech does not get through: 1 - STOI."""
    return 1 - tf.reduce_mean(answer.stoi)


def disturbance(answer: Answer) -> Tensor:
    """Tell what a listener would take off the score of a perfect copy: 4.5 - PESQ (see `training.objective.pesq_loss`)."""
    estimate, clean = (powers[:, answer.context :] for powers in answer.known_powers)
    return tf.reduce_mean(pesq_loss.disturbance(estimate, clean, answer.front_end.stft))


def low_opinion(answer: Answer) -> Tensor:
    """Tell what is missing to a mean opinion score of 5 where somebody speaks (see `training.objective.dnsmos_loss`)."""
    estimate, clean = answer.waveforms
    return _where_spoken(5 - opinion(estimate, answer.front_end.stft.rate), clean)


def lost_opinion(answer: Answer) -> Tensor:
    """Tell what is missing to the clean speech's own mean opinion score: clean speech has no reason to change."""
    (estimate, clean), rate = answer.waveforms, answer.front_end.stft.rate
    return _where_spoken(tf.nn.relu(tf.stop_gradient(opinion(clean, rate)) - opinion(estimate, rate)), clean)


def negative_si_sdr(answer: Answer) -> Tensor:
    """Scale-invariant SDR of the waveforms, in tens of dB, negative; limited to 30 dB."""
    return -tf.reduce_mean(si_sdr(*answer.waveforms)) / 10


def multi_resolution(answer: Answer) -> Tensor:
    """Error of |X|^0.3 in windows of half, twice and four times the length, whatever phase and gain made it."""
    estimate, clean = answer.waveforms
    terms = []
    for factor in (0.5, 2.0, 4.0):
        # At a rate so many times higher, 32 ms are so many times more samples.
        stft = Stft(answer.front_end.stft.rate * factor)
        error = _compressed(power(stft(estimate))) - _compressed(power(stft(clean)))
        terms.append(tf.reduce_mean(tf.square(error)))
    return tf.add_n(terms) / len(terms)


def si_sdr(estimate: Tensor, clean: Tensor) -> Tensor:
    """Scale-invariant signal-to-distortion ratio (Le Roux et al. 2019), zero-mean.

    Parameters
    ----------
    estimate, clean : Tensor, (batch, samples)

    Returns
    -------
    Tensor, (batch,)
        In dB, at most 30; 0 where `clean` is silent.
    """
    estimate -= tf.reduce_mean(estimate, -1, keepdims=True)
    clean -= tf.reduce_mean(clean, -1, keepdims=True)
    energy = tf.reduce_sum(tf.square(clean), -1, keepdims=True)
    scale = tf.reduce_sum(estimate * clean, -1, keepdims=True) / (energy + TINY)
    signal = tf.reduce_sum(tf.square(scale * clean), -1)
    distortion = tf.reduce_sum(tf.square(estimate - scale * clean), -1)
    ratio = (signal + TINY) / (distortion + 1e-3 * signal + TINY)
    decibels = 10 * tf.math.log(ratio) / tf.math.log(10.0)
    return tf.where(energy[:, 0] > SILENCE, decibels, 0.0)


STOI_BANDS = 150.0 * 2.0 ** (np.arange(15) / 3)
"""Centres of the third octaves, Hz."""
STOI_SECONDS = 0.384
STOI_STEP = 8
"""Frames from one segment to the next; a segment at every frame, as published, costs eight times as much."""
STOI_CLIP = 1 + 10 ** (15 / 20)


def stoi(estimate: Tensor, clean: Tensor, stft: Stft, context: int = 0) -> Tensor:
    """Short-time objective intelligibility (Taal et al. 2011, equations 1 to 6), on this project's frames.

    Envelopes of 15 third octaves in segments of 384 ms, without the frames 40 dB below the loudest one of `clean`: the
    correlation of `clean` with `estimate`, which is brought to the same level and clipped at a signal-to-distortion
    ratio of -15 dB.

    Parameters
    ----------
    estimate, clean : Tensor, (batch, time, bin)
        Squared magnitudes.
    stft : Stft
        That made them.
    context : int
        First frames that do not count.

    Returns
    -------
    Tensor, (batch,)
        -1 to 1; 1 where `clean` is silent or all too short.
    """
    edges = STOI_BANDS[None, :] * 2.0 ** np.array([[-1 / 6], [1 / 6]])
    within = (stft.frequencies[:, None] >= edges[0]) & (stft.frequencies[:, None] < edges[1])
    bands = tf.constant(within, tf.float32)
    frames = tf.shape(clean)[1] - context
    length = round(STOI_SECONDS * stft.rate / stft.hop)

    powers = clean[:, context:], estimate[:, context:]
    loud = active(powers[0])
    # Loud frames first, in their order.
    order = tf.argsort(tf.cast(~loud, tf.int32), -1, stable=True)
    envelopes = (tf.gather(tf.sqrt(tf.matmul(p, bands) + TINY), order, batch_dims=1) for p in powers)
    x, y = (tf.signal.frame(envelope, length, STOI_STEP, axis=1) for envelope in envelopes)
    y *= _length(x) / _length(y)
    y = tf.minimum(y, STOI_CLIP * x)
    x, y = (part - tf.reduce_mean(part, 2, keepdims=True) for part in (x, y))
    cosine = tf.reduce_sum(x * y, 2, keepdims=True) / (_length(x) * _length(y))
    correlation = tf.reduce_mean(cosine, (2, 3))
    starts = tf.range(0, tf.maximum(frames - length + 1, 0), STOI_STEP)
    whole = starts[None] + length <= tf.reduce_sum(tf.cast(loud, tf.int32), -1, keepdims=True)
    count = tf.reduce_sum(tf.cast(whole, tf.float32), -1)
    total = tf.reduce_sum(tf.where(whole, correlation, 0.0), -1)
    return tf.where(count > 0, total / tf.maximum(count, 1.0), 1.0)


LOSSES: dict[str, Callable[[Answer], Tensor]] = {
    "standardised_mse": standardised_mse,
    "compressed_magnitude": compressed_magnitude,
    "compressed_complex": compressed_complex,
    "over_suppression": over_suppression,
    "multi_resolution": multi_resolution,
    "log_spectral": log_spectral,
    "unintelligibility": unintelligibility,
    "disturbance": disturbance,
    "low_opinion": low_opinion,
    "lost_opinion": lost_opinion,
    "negative_si_sdr": negative_si_sdr,
}


def compiled(function: Callable[..., Tensor], *arguments: Any) -> Tensor:
    """Call as a program of its own: bound by memory, many small steps over all bins take less than half the time."""
    return tf.function(partial(function, *arguments), jit_compile=True)()


def objective(terms: Mapping[str, float]) -> Callable[[Answer], Tensor]:
    """Make the weighted sum of named losses.

    Raises
    ------
    ValueError
        If a name is unknown or there is none.
    ModuleNotFoundError
        If a loss needs a package that is not installed.

    Examples
    --------
    >>> loss = objective({"compressed_magnitude": 0.7, "compressed_complex": 0.3})
    """
    for name in terms:
        if name not in LOSSES:
            raise ValueError(f"there is no loss '{name}'; there are {', '.join(LOSSES)}")
    if not terms:
        raise ValueError(f"no loss is chosen; there are {', '.join(LOSSES)}")
    if terms.keys() & {"low_opinion", "lost_opinion"}:
        layers()  # what is missing is told now, not from within a step

    def total(answer: Answer) -> Tensor:
        answer.share()
        # Compiled one by one: in one program, XLA computes what they share over again for each.
        parts = [compiled(LOSSES[name], answer) for name in terms]
        return tf.add_n([weight * part for weight, part in zip(terms.values(), parts, strict=True)])

    return total


def _length(envelopes: Tensor) -> Tensor:
    """Euclidean norm over the frames of (batch, segment, frame, band), its slope finite at 0."""
    return tf.sqrt(tf.reduce_sum(tf.square(envelopes), 2, keepdims=True) + TINY)


COMPRESSION = 0.3


def _compressed(powers: Tensor) -> Tensor:
    return _raised(powers, COMPRESSION / 2)


def _raised(powers: Tensor, exponent: float) -> Tensor:
    # The tiny constant keeps the slope finite at silence. Compiled, exponentials and logarithms work on vectors, a
    # power is a call of the library for each value.
    return tf.exp(exponent * tf.math.log(powers + TINY))


def _where_spoken(values: Tensor, clean: Tensor) -> Tensor:
    """Mean of (batch,) where `clean`, (batch, samples), is not silent."""
    spoken = tf.cast(tf.reduce_mean(tf.square(clean), -1) > SILENCE, tf.float32)
    return _mean(values[:, None], spoken[:, None])


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return _sum(values * weight) / tf.maximum(_sum(weight), 1.0)


def _sum(values: Tensor) -> Tensor:
    # Compiled, a product with ones is several times as fast as a sum of as many values.
    return tf.reduce_sum(tf.matmul(values, tf.ones((values.shape[-1], 1))))
