"""Sums, powers and weighted means whose slopes are finite everywhere, and which compile well."""

from __future__ import annotations

from typing import Any

from keras import ops

Tensor = Any
TINY = 1e-12


def raised(powers: Tensor, exponent: float) -> Tensor:
    """Return (powers + tiny)^exponent, its slope finite at 0."""
    # Compiled, exponentials and logarithms work on vectors, a power is a call of the library for each value.
    return ops.exp(exponent * ops.log(powers + TINY))


def mean(values: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted mean of all values; 0 where all weights are 0."""
    return total(values * weight) / ops.maximum(total(weight), 1.0)


def total(values: Tensor) -> Tensor:
    """Return the sum of all values."""
    # Compiled, a product with ones is several times as fast as a sum of as many values.
    return ops.sum(ops.matmul(values, ops.ones((values.shape[-1], 1))))
