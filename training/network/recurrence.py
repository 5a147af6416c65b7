"""The scan of a gated recurrent unit and its gradient, compiled by Numba.

TensorFlow runs a scan as some thirty small operations a step, whose overhead is most of its time. Here a step is one
small product and one pass over its rows. The formulas are those of Keras with ``reset_after=True`` (Cho et al. 2014);
of the bias' two rows, the input's is in its share.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numba
import numpy as np
import tensorflow as tf

Array = np.ndarray
Tensor = Any

HALF, ONE, TWO = np.float32(0.5), np.float32(1), np.float32(2)  # Python's numbers would make formulas float64
THREADS = tf.config.threading.get_intra_op_parallelism_threads() or len(os.sched_getaffinity(0))
_pool = ThreadPoolExecutor(THREADS)

LIMIT = np.float32(9)  # tanh is one from here on in float32

# Divisions that may raise, and sums in a given order, would keep LLVM from computing many numbers at once.
_compiled = numba.njit(nogil=True, fastmath=True, error_model="numpy", cache=True)


@tf.custom_gradient
def scan(shares: Tensor, kernel: Tensor, bias: Tensor) -> tuple[Tensor, Callable[..., Any]]:
    """Return the states of GRUs that begin at zero.

    Parameters
    ----------
    shares : tensor, float32, (gru, batch, step, row, 3 * units)
        The input's share of the gates (update, reset, candidate). Rows have the same weights, each GRU its own.
    kernel : tensor, float32, (gru, units, 3 * units)
        Recurrent kernels.
    bias : tensor, float32, (gru, 3 * units)
        Recurrent biases.

    Returns
    -------
    tensor, float32, (gru, batch, step, row, units)
    """
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
    edges = np.linspace(0, grus, min(THREADS, grus) + 1).round().astype(int)
    tasks = [[array[start:end] for array in arrays] for start, end in pairwise(edges)]
    others = [_pool.submit(function, *task) for task in tasks[1:]]
    function(*tasks[0])
    for other in others:
        other.result()


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
