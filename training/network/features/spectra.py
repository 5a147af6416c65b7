"""What is asked of complex spectra (batch, time, bin)."""

from __future__ import annotations

from typing import Any

from keras import ops

from training.network.backend import complex_of

Tensor = Any

ACTIVE = 1e-4
"""Least power of an active frame, as a share of the loudest frame's (Taal et al. 2011: 40 dB)."""
SILENCE = 1e-9
"""Power of a frame with nothing in it, full scale being 1."""


def power(spectra: Tensor) -> Tensor:
    """Return the squared magnitude."""
    return ops.square(ops.real(spectra)) + ops.square(ops.imag(spectra))


def active(powers: Tensor) -> Tensor:
    """Tell which frames of (batch, time, bin) somebody speaks in: within 40 dB of the loudest one, as STOI counts.

    Returns
    -------
    tensor, bool, (batch, time)
    """
    levels = ops.sum(powers, -1)
    return ops.logical_and(levels > ACTIVE * ops.max(levels, -1, keepdims=True), levels > SILENCE)


def scaled(spectra: Tensor, gains: Tensor) -> Tensor:
    """Multiply complex spectra by real gains: two products each, not the four of complex numbers."""
    return complex_of(ops.real(spectra) * gains, ops.imag(spectra) * gains)
