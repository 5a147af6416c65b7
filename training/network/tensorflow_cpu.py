"""What TensorFlow on a CPU needs in a form of its own; :mod:`training.network.kernels` has the plain ones.

There its scan of a recurrent unit is some thirty small operations a step, whose overhead is most of its time; it trains
no grouped convolution, and one as wide as the frame 80 times more slowly than the same as a product; and a batch norm
passes over memory more often than it must.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import keras
import numba
import numpy as np
import tensorflow as tf

from speechenh_plugin import cores

Array = np.ndarray
Tensor = Any

# -- convolution and batch norm


def conv(x: Tensor, kernel: Tensor, stride: int, dilation: int, groups: int, around: tuple[int, int]) -> Tensor:
    """Return a convolution that is causal over time, see :func:`training.network.kernels.conv`."""
    frames, width = kernel.shape[:2]
    if frames == groups == 1 and width >= x.shape[2]:
        return _conv_across(x, kernel, stride, around)
    padded = tf.pad(x, [[0, 0], [(frames - 1) * dilation, 0], around, [0, 0]])
    if groups == 1:
        return tf.nn.conv2d(padded, kernel, [1, stride], "VALID", dilations=[dilation, 1])
    if groups == x.shape[3]:
        # The depthwise kernel has one stride for both axes: stride by picking.
        kernel = tf.reshape(kernel, (frames, width, groups, -1))
        return tf.nn.depthwise_conv2d(padded, kernel, [1, 1, 1, 1], "VALID", dilations=[dilation, 1])[:, :, ::stride]
    pairs = zip(tf.split(padded, groups, 3), tf.split(kernel, groups, 3), strict=True)
    return tf.concat([tf.nn.conv2d(p, k, [1, stride], "VALID", dilations=[dilation, 1]) for p, k in pairs], 3)


def _conv_across(x: Tensor, kernel: Tensor, stride: int, around: tuple[int, int]) -> Tensor:
    """Apply a kernel as wide as the frame, as one product."""
    (positions, channels), (width, _, filters) = x.shape[2:], kernel.shape[1:]
    out = (positions + sum(around) - width) // stride + 1
    source = np.arange(positions)[:, None] - np.arange(out)[None] * stride + around[0]
    inside = (source >= 0) & (source < width)
    matrix = tf.gather(kernel[0], np.where(inside, source, 0).ravel()) * tf.constant(
        inside.reshape(-1, 1, 1), kernel.dtype
    )
    matrix = tf.transpose(tf.reshape(matrix, (positions, out, channels, filters)), (0, 2, 1, 3))
    shape = tf.shape(x)
    y = tf.matmul(tf.reshape(x, (-1, positions * channels)), tf.reshape(matrix, (positions * channels, out * filters)))
    return tf.reshape(y, tf.stack([shape[0], shape[1], out, filters]))


class BatchNorm(keras.layers.BatchNormalization):
    """Keras's batch norm, compiled for training: fewer passes over memory save a third of cr_ced's step."""

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        super().build(input_shape)
        self._compiled = tf.function(lambda x: super(BatchNorm, self).call(x, training=True), jit_compile=True)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Normalise by the batch's moments in training, by the running ones else."""
        return self._compiled(inputs) if training else super().call(inputs, training=False)


# -- the scan of GRUs, and its gradient, compiled by Numba
#
# A step is one small product and one pass over its rows. The formulas are those of Keras with ``reset_after=True`` (Cho
# et al. 2014); of the bias' two rows, the input's is in its share.

LIMIT = np.float32(9)  # tanh is one from here on in float32

HALF, ONE, TWO = np.float32(0.5), np.float32(1), np.float32(2)  # Python's numbers would make formulas float64

# Divisions that may raise, and sums in a given order, would keep LLVM from computing many numbers at once.
_compiled = numba.njit(nogil=True, fastmath=True, error_model="numpy", cache=True)


@tf.custom_gradient
def gru_scan(shares: Tensor, kernel: Tensor, bias: Tensor) -> tuple[Tensor, Callable[..., Any]]:
    """Return the states of GRUs that begin at zero, see :func:`training.network.kernels.gru_scan`; all in float32."""
    grus, units = kernel.shape[:2]
    states = tf.numpy_function(_forward, (shares, kernel, bias), tf.float32, stateful=False)
    states.set_shape((*shares.shape[:-1], units))

    def gradient(upstream: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        by_share, by_product = tf.numpy_function(
            _backward, (upstream, shares, states, kernel, bias), (tf.float32, tf.float32), stateful=False
        )
        by_share.set_shape(shares.shape)
        before = tf.concat([tf.zeros_like(states[:, :, :1]), states[:, :, :-1]], 2)
        before = tf.reshape(before, (grus, -1, units))
        by_product = tf.reshape(by_product, (grus, -1, 3 * units))
        return by_share, tf.matmul(before, by_product, transpose_a=True), tf.reduce_sum(by_product, 1)

    return states, gradient


def _forward(shares: Array, kernel: Array, bias: Array) -> Array:
    states = np.empty((*shares.shape[:-1], kernel.shape[1]), np.float32)
    _share_out(_run, len(kernel), shares, kernel, bias, states)
    return states


def _backward(upstream: Array, shares: Array, states: Array, kernel: Array, bias: Array) -> tuple[Array, Array]:
    by_shares, by_products = np.empty_like(shares), np.empty_like(shares)
    _share_out(_run_back, len(kernel), upstream, shares, states, kernel, bias, by_shares, by_products)
    return by_shares, by_products


def _share_out(function: Callable[..., None], grus: int, *arrays: Array) -> None:
    """Call `function` on parts of the arrays along their first axis, one part a thread."""
    pool, threads = _pool()
    edges = np.linspace(0, grus, min(threads, grus) + 1).round().astype(int)
    tasks = [[array[start:end] for array in arrays] for start, end in pairwise(edges)]
    others = [pool.submit(function, *task) for task in tasks[1:]]
    function(*tasks[0])
    for other in others:
        other.result()


@functools.cache
def _pool() -> tuple[ThreadPoolExecutor, int]:
    """Return as many threads as TensorFlow has for an operation."""
    chosen = tf.config.threading.get_intra_op_parallelism_threads()
    threads = chosen or int(os.environ.get("TF_NUM_INTRAOP_THREADS", 0)) or cores.available()
    return ThreadPoolExecutor(threads), threads


@_compiled
def _run(shares: Array, kernels: Array, biases: Array, states: Array) -> None:
    for n in range(len(kernels)):
        _run_one(shares[n], kernels[n], biases[n], states[n])


@_compiled
def _run_one(shares: Array, kernel: Array, bias: Array, states: Array) -> None:
    batch, steps, rows, width = shares.shape
    units = width // 3
    state = np.zeros((batch * rows, units), np.float32)
    gates = np.empty((batch * rows, width), np.float32)
    for t in range(steps):
        np.dot(state, kernel, gates)
        for n in range(batch * rows):
            b, row = n // rows, n % rows
            share, gate, old, new = shares[b, t, row], gates[n], state[n], states[b, t, row]
            _open(share, gate, bias)
            for i in range(units):
                candidate = _tanh(share[2 * units + i] + gate[units + i] * gate[2 * units + i])
                new[i] = candidate + gate[i] * (old[i] - candidate)
            for i in range(units):
                old[i] = new[i]


@_compiled
def _run_back(
    upstream: Array, shares: Array, states: Array, kernels: Array, biases: Array, by_shares: Array, by_products: Array
) -> None:
    for n in range(len(kernels)):
        _run_one_back(upstream[n], shares[n], states[n], kernels[n], biases[n], by_shares[n], by_products[n])


@_compiled
def _run_one_back(
    upstream: Array, shares: Array, states: Array, kernel: Array, bias: Array, by_shares: Array, by_products: Array
) -> None:
    """Compute the slopes of the loss by `shares`, and by the state's products with `kernel`."""
    batch, steps, rows, width = shares.shape
    units = width // 3
    turned = np.ascontiguousarray(kernel.T)
    before = np.empty((batch * rows, units), np.float32)
    gates, slopes = np.empty((batch * rows, width), np.float32), np.empty((batch * rows, width), np.float32)
    by_states = np.zeros((batch * rows, units), np.float32)
    for t in range(steps - 1, -1, -1):
        for n in range(batch * rows):
            for i in range(units):
                before[n, i] = states[n // rows, t - 1, n % rows, i] if t else np.float32(0)
        np.dot(before, kernel, gates)
        for n in range(batch * rows):
            b, row = n // rows, n % rows
            share, gate, old, slope = shares[b, t, row], gates[n], before[n], slopes[n]
            by_state, above, by_share = by_states[n], upstream[b, t, row], by_shares[b, t, row]
            _open(share, gate, bias)
            # One formula a loop: LLVM gives up on a loop over more arrays than a few.
            for i in range(units):  # the candidate itself, for now
                slope[i] = _tanh(share[2 * units + i] + gate[units + i] * gate[2 * units + i])
            for i in range(units):
                by_state[i] += above[i]
            for i in range(units):
                by_share[2 * units + i] = by_state[i] * (ONE - gate[i]) * (ONE - slope[i] * slope[i])
            for i in range(units):
                by_share[i] = by_state[i] * (old[i] - slope[i]) * gate[i] * (ONE - gate[i])
            for i in range(units):
                reset = gate[units + i]
                by_share[units + i] = by_share[2 * units + i] * gate[2 * units + i] * reset * (ONE - reset)
            for i in range(2 * units):
                slope[i] = by_share[i]
            for i in range(units):
                slope[2 * units + i] = by_share[2 * units + i] * gate[units + i]
            for i in range(units):
                by_state[i] *= gate[i]
            by_products[b, t, row] = slope
        by_states += np.dot(slopes, turned)


@_compiled
def _open(share: Array, gate: Array, bias: Array) -> None:
    """Make a row's products with the state into update and reset, and the candidate's part of them."""
    units = len(gate) // 3
    for i in range(2 * units):
        gate[i] = HALF + HALF * _tanh(HALF * (share[i] + gate[i] + bias[i]))
    for i in range(2 * units, 3 * units):
        gate[i] += bias[i]


@_compiled
def _tanh(x: np.float32) -> np.float32:
    """Lambert's continued fraction at a quarter of x, and tanh 2y = 2 tanh y / (1 + tanh² y) twice: within 2e-7."""
    y = min(max(x, -LIMIT), LIMIT) / np.float32(4)
    s = y * y
    y *= np.float32(135135) + s * (np.float32(17325) + s * (np.float32(378) + s))
    y /= np.float32(135135) + s * (np.float32(62370) + s * (np.float32(3150) + s * np.float32(28)))
    for _ in range(2):
        y = TWO * y / (ONE + y * y)
    return y
