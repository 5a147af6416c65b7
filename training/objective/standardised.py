"""The reference recipe's loss."""

from __future__ import annotations

from typing import Any

from keras import ops

from training.network.features import Narrowband
from training.network.front_end import BINS
from training.objective.answer import Answer
from training.objective.arithmetic import mean

Tensor = Any


def standardised_mse(answer: Answer) -> Tensor:
    """Return the mean squared error of the standardised magnitude.

    Raises
    ------
    ValueError
        If the network's front end is not narrowband.
    """
    if not isinstance(answer.front_end, Narrowband):
        raise ValueError("the loss standardised_mse is for networks with a narrowband front end")
    error = answer.outputs["magnitude"] - answer.front_end.target(answer.noisy, answer.clean)
    return mean(ops.square(error[..., 0]), (answer.counts * answer.known * ops.ones_like(answer.powers[1]))[..., :BINS])
