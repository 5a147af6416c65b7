"""What layers are computed with: `keras.ops`, and a few functions that TensorFlow on a CPU needs in a form of its own.

Those forms are in :mod:`training.network.tensorflow_cpu`; the plain ones here serve every other backend and device.
Tensors are (batch, time, position, channel).
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

Tensor = Any


def _on_tensorflow_cpu() -> bool:
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


ON_TENSORFLOW_CPU = _on_tensorflow_cpu()

BatchNorm: type[keras.layers.Layer] = keras.layers.BatchNormalization

if ON_TENSORFLOW_CPU:
    from training.network import tensorflow_cpu

    BatchNorm = tensorflow_cpu.BatchNorm


def product(x: Tensor, kernel: Tensor) -> Tensor:
    """Return the matrix product along the channels.

    Parameters
    ----------
    x : tensor, (batch, time, position, channel)
    kernel : tensor, (channel, unit)
    """
    return ops.tensordot(x, kernel, 1)


def products(x: Tensor, kernels: Tensor) -> Tensor:
    """Return matrix products along the channels, each position with a kernel of its own, as one batched product.

    Parameters
    ----------
    x : tensor, (batch, time, position, channel)
    kernels : tensor, (position, channel, unit)

    Returns
    -------
    tensor, (position, batch, time, unit)
    """
    batch, time = ops.shape(x)[:2]
    positions, channels, units = kernels.shape
    y = ops.matmul(ops.reshape(ops.transpose(x, (2, 0, 1, 3)), (positions, -1, channels)), kernels)
    return ops.reshape(y, (positions, batch, time, units))


def conv(x: Tensor, kernel: Tensor, stride: int, dilation: int, groups: int, around: tuple[int, int]) -> Tensor:
    """Return a convolution that is causal over time.

    Parameters
    ----------
    x : tensor, (batch, time, position, channel)
    kernel : tensor, (frames, width, channel / groups, filter)
    stride : int
        Positions from one value of the output to the next.
    dilation : int
        Frames from one row of the kernel to the next.
    groups : int
        Parts of channels and filters that do not mix.
    around : (int, int)
        Zeros before and after the positions.
    """
    if ON_TENSORFLOW_CPU:
        return tensorflow_cpu.conv(x, kernel, stride, dilation, groups, around)
    padded = ops.pad(x, ((0, 0), ((kernel.shape[0] - 1) * dilation, 0), around, (0, 0)))
    if stride > 1 and dilation > 1:
        # TensorFlow does not do both at once.
        return ops.conv(padded, kernel, 1, "valid", dilation_rate=(dilation, 1))[:, :, ::stride]
    return ops.conv(padded, kernel, (1, stride), "valid", dilation_rate=(dilation, 1))


def gru_scan(shares: Tensor, kernels: Tensor, biases: Tensor) -> Tensor:
    """Return the states of GRUs that begin at zero, computed in float32.

    Parameters
    ----------
    shares : tensor, (gru, batch, step, row, 3 * units)
        The input's share of the gates (update, reset, candidate). Rows have the same weights, each GRU its own.
    kernels : tensor, (gru, units, 3 * units)
        Recurrent kernels.
    biases : tensor, (gru, 3 * units)
        Recurrent biases.

    Returns
    -------
    tensor, (gru, batch, step, row, units)
        Of the type of `shares`.
    """
    kind = shares.dtype
    shares, kernels, biases = (ops.cast(value, "float32") for value in (shares, kernels, biases))
    scan = tensorflow_cpu.gru_scan if ON_TENSORFLOW_CPU else plain_gru_scan
    return ops.cast(scan(shares, kernels, biases), kind)


def plain_gru_scan(shares: Tensor, kernels: Tensor, biases: Tensor) -> Tensor:
    """Return what :func:`gru_scan` does, step by step in the backend's own operations."""
    grus, units = kernels.shape[:2]
    _, batch, steps, rows, _ = ops.shape(shares)
    sequence = ops.reshape(ops.transpose(shares, (2, 0, 1, 3, 4)), (steps, grus, batch * rows, 3 * units))

    def step(state: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        gates = ops.matmul(state, kernels) + biases[:, None]
        opened = ops.sigmoid(share[..., : 2 * units] + gates[..., : 2 * units])
        update, reset = opened[..., :units], opened[..., units:]
        candidate = ops.tanh(share[..., 2 * units :] + reset * gates[..., 2 * units :])
        state = candidate + update * (state - candidate)
        return state, state

    _, states = ops.scan(step, ops.zeros_like(sequence[0, ..., :units]), sequence)
    return ops.transpose(ops.reshape(states, (steps, grus, batch, rows, units)), (1, 2, 0, 3, 4))
