"""How much a listener is disturbed by a degraded recording: PESQ's perceptual model (ITU-T P.862), with a slope.

What a network's frames allow of it (as Martín-Doñas et al. 2018 do): no alignment in time, bands and the threshold in
quiet by formula instead of tables, no filter of a handset. Of the standard it keeps levels, the equalisation of slow
colour and loudness, loudness itself, masking, the asymmetry that counts added sound more than missing sound, and the
norms over bands and time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from training.network.features import SILENCE, Stft, active, triangles
from training.objective.answer import Answer
from training.objective.arithmetic import TINY

Tensor = Any

BARK_STEP = 0.4
TOP_HZ = 7600.0
"""Wideband PESQ sees up to about 8 kHz."""
LEVEL_DB = 79.0
"""Sound pressure level at which speech is heard."""
LOUDNESS_EXPONENT = 0.23
LOUDNESS_SCALE = 0.1866
MASKED = 0.25
"""Share of the fainter loudness within which a difference is not heard."""
SYMMETRIC, ASYMMETRIC = 0.1, 0.0309
"""What a unit of either disturbance takes off the score of 4.5."""
INTERVAL = 20
"""Frames of a syllable, 320 ms."""
MOST = 45.0
"""A frame disturbs no more than this."""


def disturbance(answer: Answer) -> Tensor:
    """Return what a listener would take off the score of a perfect copy: 4.5 - PESQ."""
    return ops.mean(distance(*answer.counted_powers, answer.front_end.stft))


def distance(estimate: Tensor, clean: Tensor, stft: Stft) -> Tensor:
    """Return how far below 4.5, the score of a perfect copy, PESQ would be (before its mapping to a listening quality).

    Parameters
    ----------
    estimate, clean : Tensor, (batch, time, bin)
        Squared magnitudes; both 0 where a bin does not count.
    stft : Stft
        That made them.

    Returns
    -------
    Tensor, (batch,)
        0 to about 5; 0 where `clean` is silent.
    """
    bands = _Bands(stft.frequencies)
    # Every second frame: 32 ms, half of them shared, as in the standard.
    estimate, clean = (powers[:, ::2] for powers in (estimate, clean))
    speaks = active(clean)
    share = ops.cast(speaks, "float32")[..., None]
    mean = ops.sum(clean * share, (1, 2), keepdims=True) / (ops.sum(share, (1, 2), keepdims=True) + TINY)
    level = 10 ** (LEVEL_DB / 10) / (mean + SILENCE)
    # Both are heard equally loud, else the fainter estimate would be the better one.
    of_clean, of_estimate = (ops.sum(x * share * bands.telephone, (1, 2), keepdims=True) for x in (clean, estimate))
    louder = (of_clean + SILENCE) / (of_estimate + SILENCE)
    degraded, reference = (ops.matmul(x, bands.sums) * level for x in (estimate * louder, clean))

    # Slow colour and slow changes of level are not heard as distortion.
    of_degraded, of_reference = (ops.sum(x * share, 1, keepdims=True) + 1e3 for x in (degraded, reference))
    reference = reference * ops.clip(of_degraded / of_reference, 0.01, 100.0)
    of_reference, of_degraded = (ops.sum(x, -1, keepdims=True) + 5e3 for x in (reference, degraded))
    degraded = degraded * ops.clip(of_reference / of_degraded, 3e-4, 5.0)

    loudness = [bands.loudness(x) for x in (degraded, reference)]
    heard = ops.relu(ops.abs(loudness[0] - loudness[1]) - MASKED * ops.minimum(*loudness))
    added = ops.exp(1.2 * ops.log((degraded + 50.0) / (reference + 50.0)))
    added = ops.where(added < 3.0, 0.0, ops.minimum(added, 12.0))
    symmetric = BARK_STEP * ops.sqrt(ops.sum(ops.square(heard), -1) * bands.count * BARK_STEP + TINY)
    asymmetric = BARK_STEP * ops.sum(heard * added, -1)
    importance = ops.exp(0.04 * ops.log((ops.sum(reference, -1) + 1e5) / 1e7))
    score = sum(
        weight * _over_time(ops.minimum(frame / importance, MOST))
        for weight, frame in ((SYMMETRIC, symmetric), (ASYMMETRIC, asymmetric))
    )
    return ops.where(ops.any(speaks, -1), score, 0.0)


class _Bands:
    """Half-overlapping bands, evenly apart in Bark (Traunmüller 1990), and the loudness of what is in them."""

    def __init__(self, frequencies: np.ndarray) -> None:
        bark = _bark(frequencies)
        top = min(TOP_HZ, frequencies[-1])
        centers = np.arange(0.5, _bark(top), BARK_STEP)
        weights = triangles(centers, bark)
        weights[:, (frequencies > top) | (bark < 0)] = 0
        kilohertz = 1.96 * (centers + 0.53) / (26.28 - centers)
        # Threshold in quiet (Terhardt 1979), dB.
        quiet = 3.64 * kilohertz**-0.8 - 6.5 * np.exp(-0.6 * (kilohertz - 3.3) ** 2) + 1e-3 * kilohertz**4
        self.count = len(centers)
        self.sums = ops.cast(weights.T, "float32")
        # Where the standard measures levels.
        self.telephone = ops.cast((frequencies >= 350) & (frequencies <= 3250), "float32")
        self._quiet = ops.cast(10 ** (quiet / 10), "float32")
        # Steeper below 4 Bark, as the standard has it.
        steeper = np.where(centers < 4, np.minimum(6 / (centers + 2), 2) ** 0.15, 1.0)
        self._exponent = ops.cast(LOUDNESS_EXPONENT * steeper, "float32")

    def loudness(self, powers: Tensor) -> Tensor:
        """Zwicker's law, in sone; (batch, time, band)."""
        scale = LOUDNESS_SCALE * ops.exp(self._exponent * ops.log(2 * self._quiet))
        heard = ops.exp(self._exponent * ops.log(0.5 + 0.5 * powers / self._quiet)) - 1
        return scale * ops.relu(heard)


def _bark(hertz: Any) -> Any:
    return 26.81 * hertz / (1960 + hertz) - 0.53


def _over_time(frames: Tensor) -> Tensor:
    """Bad syllables count more: the sixth power within 320 ms, the second over all of it; (batch, time) to (batch,)."""
    sixth = ops.square(frames) * ops.square(ops.square(frames))
    syllables = ops.matmul(sixth, ops.cast(_syllables(frames.shape[1]), "float32"))
    return ops.sqrt(ops.mean(ops.exp(ops.log(syllables + TINY) / 3), -1))


def _syllables(frames: int) -> np.ndarray:
    """Means over half-overlapping intervals that cover all frames, those at the ends cut short; (frame, interval)."""
    step = INTERVAL // 2
    count = -(-frames // step)
    before = max((count - 1) * step + INTERVAL - frames, 0) // 2
    starts = step * np.arange(count) - before
    within = (np.arange(frames)[:, None] >= starts) & (np.arange(frames)[:, None] < starts + INTERVAL)
    return np.asarray(within / within.sum(0))
