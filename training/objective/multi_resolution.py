"""A loss by windows of other lengths (Yamamoto, Song & Kim 2020)."""

from __future__ import annotations

from typing import Any

from keras import ops

from training.network.features import Stft, power
from training.objective.answer import COMPRESSION, Answer
from training.objective.arithmetic import raised

Tensor = Any
FACTORS = (0.5, 2.0, 4.0)


def multi_resolution(answer: Answer) -> Tensor:
    """Return the error of |X|^0.3 in windows of half, twice and four times the length, whatever phase and gain made it.

    It costs as much as all other spectral losses together.
    """
    estimate, clean = answer.waveforms
    terms = []
    for factor in FACTORS:
        # At a rate so many times higher, 32 ms are so many times more samples.
        stft = Stft(answer.front_end.stft.rate * factor)
        of_estimate, of_clean = (raised(power(stft(x)), COMPRESSION / 2) for x in (estimate, clean))
        terms.append(ops.mean(ops.square(of_estimate - of_clean)))
    return sum(terms) / len(terms)
