"""What a listener would think of a recording, with a slope: DNSMOS P.808 (Reddy et al. 2021). It needs no clean signal.

A convolutional network by Microsoft, taught on the marks that people gave to denoised recordings (ITU-T P.808, 1 to 5).
The package `speechmos` brings its weights. `training.evaluation.measures` judges by another network of that package, DNSMOS P.835,
whose listeners heard other recordings.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import librosa
import numpy as np
import onnx
import tensorflow as tf
from onnx import numpy_helper

from training.packages import folder

Tensor = Any

RATE = 16000
WINDOW, HOP = 321, 160
MELS = 120
RANGE_DB = 80.0
"""Below the loudest value nothing is fainter than this."""
TINY = 1e-10


def opinion(samples: Tensor, rate: float) -> Tensor:
    """Estimate the mean opinion score of recordings, whatever their level.

    Parameters
    ----------
    samples : Tensor, (batch, samples)
        Any length; the network was taught with 9 s.
    rate : float
        Sample rate, Hz.

    Returns
    -------
    Tensor, (batch,)
        1 (bad) to 5 (excellent), about.

    Raises
    ------
    ModuleNotFoundError
        If ``speechmos`` is not installed.
    """
    values = features(resampled(samples, rate))[..., None]
    for layer in layers():
        values = layer(values)
    return values[:, 0]


def resampled(samples: Tensor, rate: float) -> Tensor:
    """Bring (batch, samples) to 16 kHz, by its spectrum, as if it went round."""
    length = samples.shape[-1]
    wanted = round(length * RATE / rate)
    spectra = tf.signal.rfft(samples)[:, : wanted // 2 + 1]
    return tf.signal.irfft(spectra, [wanted]) * (wanted / length)


def features(samples: Tensor) -> Tensor:
    """Levels of mel bands, (batch, frame, band), in units of 40 dB, from -1 to 1, where the loudest is."""
    frames = tf.signal.frame(tf.pad(samples, [[0, 0], [WINDOW // 2, WINDOW // 2]]), WINDOW, HOP)
    angles = 2 * np.pi * np.outer(np.arange(WINDOW), np.arange(WINDOW // 2 + 1)) / WINDOW
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    # The length is odd: a product is several times as fast as a Fourier transform.
    parts = (
        tf.matmul(frames, tf.constant(window[:, None] * part, tf.float32)) for part in (np.cos(angles), np.sin(angles))
    )
    powers = tf.add_n([tf.square(part) for part in parts])
    bands = librosa.filters.mel(sr=RATE, n_fft=WINDOW, n_mels=MELS).T
    levels = 10 / np.log(10) * tf.math.log(tf.maximum(tf.matmul(powers, tf.constant(bands, tf.float32)), TINY))
    levels -= tf.reduce_max(levels, (1, 2), keepdims=True)
    return tf.maximum(levels, -RANGE_DB) / (RANGE_DB / 2) + 1


@functools.cache
def layers() -> tuple[Callable[[Tensor], Tensor], ...]:
    """Read the network's layers, one after another, once.

    Raises
    ------
    ModuleNotFoundError
        If ``speechmos`` is not installed.
    """
    package = folder("speechmos")
    if package is None:
        raise ModuleNotFoundError("DNSMOS is missing: pip install speechmos")
    graph = onnx.load(package / "dnsmos_models" / "model_v8.onnx").graph
    weights = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    made = (_layer(node.op_type, *(weights[name] for name in node.input if name in weights)) for node in graph.node)
    return tuple(layer for layer in made if layer is not None)


def _layer(kind: str, *weights: np.ndarray) -> Callable[[Tensor], Tensor] | None:
    """Make a layer for (batch, time, band, channel); None for what only turns axes."""
    match kind:
        case "Conv":
            kernel = weights[0].transpose(2, 3, 1, 0)
            return lambda x: tf.nn.conv2d(x, kernel, 1, "SAME") + weights[1]
        case "MatMul":
            return lambda x: tf.matmul(x, weights[0])
        case "Add":
            return lambda x: x + weights[0]
        case "Relu":
            return lambda x: tf.nn.relu(x)
        case "MaxPool":
            return lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID")
        case "ReduceMax":
            return lambda x: tf.reduce_max(x, (1, 2))
        case "Transpose" | "Unsqueeze":
            return None
    raise ValueError(f"speechmos brings another network than DNSMOS P.808, with a layer {kind}")
