"""DNSMOS P.808, what a listener would think of a recording (Reddy et al. 2021), with a slope; it needs no clean signal.

A convolutional network by Microsoft, taught on the marks that people gave to denoised recordings (ITU-T P.808, 1 to 5).
The package `speechmos` brings its weights. Evaluations judge by another network of that package, DNSMOS P.835, whose
listeners heard other recordings.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from keras import ops
from onnx import numpy_helper

from training.network.backend import irfft, rfft
from training.network.features import SILENCE
from training.objective.answer import Answer
from training.objective.arithmetic import mean
from training.packages import folder, load_librosa

Tensor = Any

RATE = 16000
WINDOW, HOP = 321, 160
MELS = 120
RANGE_DB = 80.0
"""Below the loudest value nothing is fainter than this."""
FAINTEST = 1e-10
"""Least power of a mel band."""


def low_opinion(answer: Answer) -> Tensor:
    """Return what is missing to a mean opinion score of 5 where somebody speaks."""
    estimate, clean = answer.waveforms
    return _where_spoken(5 - opinion(estimate, answer.front_end.stft.rate), clean)


def lost_opinion(answer: Answer) -> Tensor:
    """Return what is missing to the clean speech's own mean opinion score: clean speech has no reason to change."""
    (estimate, clean), rate = answer.waveforms, answer.front_end.stft.rate
    return _where_spoken(ops.relu(ops.stop_gradient(opinion(clean, rate)) - opinion(estimate, rate)), clean)


def opinion(samples: Tensor, rate: float) -> Tensor:
    """Return the mean opinion score of recordings, whatever their level.

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
    spectra = rfft(samples)[:, : wanted // 2 + 1]
    return irfft(spectra, wanted) * (wanted / length)


def features(samples: Tensor) -> Tensor:
    """Return levels of mel bands, (batch, frame, band), in units of 40 dB, from -1 to 1, where the loudest is."""
    # Centred on every hop; a window is two hops and a sample.
    length = samples.shape[1] + 2 * (WINDOW // 2)
    count = (length - WINDOW) // HOP + 1
    padded = ops.pad(samples, ((0, 0), (WINDOW // 2, WINDOW // 2 + -length % HOP)))
    hops = ops.reshape(padded, (samples.shape[0], -1, HOP))
    frames = ops.concatenate([hops[:, :count], hops[:, 1 : count + 1], hops[:, 2 : count + 2, :1]], -1)
    angles = 2 * np.pi * np.outer(np.arange(WINDOW), np.arange(WINDOW // 2 + 1)) / WINDOW
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    # The length is odd: a product is several times as fast as a Fourier transform.
    parts = [
        ops.matmul(frames, ops.cast(window[:, None] * part, "float32")) for part in (np.cos(angles), np.sin(angles))
    ]
    powers = ops.square(parts[0]) + ops.square(parts[1])
    bands = ops.cast(load_librosa().filters.mel(sr=RATE, n_fft=WINDOW, n_mels=MELS).T, "float32")
    levels = 10 / np.log(10) * ops.log(ops.maximum(ops.matmul(powers, bands), FAINTEST))
    levels = levels - ops.max(levels, (1, 2), keepdims=True)
    return ops.maximum(levels, -RANGE_DB) / (RANGE_DB / 2) + 1


@functools.cache
def layers() -> tuple[Callable[[Tensor], Tensor], ...]:
    """Return the network's layers, one after another, read once.

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
            return lambda x: ops.add(ops.conv(x, kernel, 1, "same", "channels_last"), weights[1])
        case "MatMul":
            return lambda x: ops.matmul(x, weights[0])
        case "Add":
            return lambda x: ops.add(x, weights[0])
        case "Relu":
            return lambda x: ops.relu(x)
        case "MaxPool":
            return lambda x: ops.max_pool(x, 2, 2, "valid", "channels_last")
        case "ReduceMax":
            return lambda x: ops.max(x, (1, 2))
        case "Transpose" | "Unsqueeze":
            return None
    raise ValueError(f"speechmos brings another network than DNSMOS P.808, with a layer {kind}")


def _where_spoken(values: Tensor, clean: Tensor) -> Tensor:
    """Mean of (batch,) where `clean`, (batch, samples), is not silent."""
    spoken = ops.cast(ops.mean(ops.square(clean), -1) > SILENCE, "float32")
    return mean(values[:, None], spoken[:, None])
