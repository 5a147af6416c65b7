"""``KERAS_BACKEND=... python losses_on_backend.py OUT.npz``: every loss and its slopes on that backend."""

import sys
from functools import partial

import keras
import numpy as np
from sounds import speechlike, syllables

from training.network.features import front_end
from training.network.front_end import fullband, narrowband
from training.objective.answer import Answer
from training.objective.losses import LOSSES, load, objective

RATE = 8000
VARIANTS = {
    "plain": {},
    "partial": {
        "context": 7,
        "begins": np.array([True, False]),
        "bandwidth_hz": np.array([3500, 4000], np.float32),
        "bands_above_hz": 2000.0,
    },
}


def inputs(narrow: bool) -> tuple[object, np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Front end, noisy and clean waveforms, outputs of a network."""
    random = np.random.default_rng(0)
    clean = np.stack([syllables(RATE)[RATE // 2 : RATE * 3 // 2], speechlike(1, RATE)[0]])
    noisy = clean + 0.02 * random.standard_normal(clean.shape).astype(np.float32)
    frames = clean.shape[1] // (RATE // 125)
    if narrow:
        outputs = {"magnitude": random.standard_normal((2, frames, 129, 1)).astype(np.float32)}
        return front_end(narrowband(), RATE), noisy, clean, outputs
    outputs = {
        "gains": random.uniform(0.05, 1, (2, frames, 129, 1)).astype(np.float32),
        "filter": 0.1 * random.standard_normal((2, frames, 40, 6)).astype(np.float32),
    }
    return front_end(fullband(low_bins=40, taps=3), RATE), noisy, clean, outputs


def judged(function, ends, noisy, clean, settings: dict, outputs: dict):
    """Return a loss of outputs."""
    return function(Answer(ends, ends.stft(noisy), ends.stft(clean), outputs, **settings))


def value_and_slopes(function, outputs: dict[str, np.ndarray]) -> tuple[float, dict[str, np.ndarray]]:
    """Return a function of outputs at some, and its gradient."""
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            variables = {name: tf.Variable(output) for name, output in outputs.items()}
            with tf.GradientTape() as tape:
                value = function(variables)
            slopes = tape.gradient(value, variables, unconnected_gradients="zero")
        case "jax":
            import jax

            value, slopes = jax.value_and_grad(function)(outputs)
        case "torch":
            import torch

            variables = {name: torch.tensor(output, requires_grad=True) for name, output in outputs.items()}
            value = function(variables)
            found = torch.autograd.grad(value, list(variables.values()), allow_unused=True)
            slopes = {
                name: torch.zeros_like(variable) if slope is None else slope
                for (name, variable), slope in zip(variables.items(), found, strict=True)
            }
    return float(keras.ops.convert_to_numpy(value)), {
        name: keras.ops.convert_to_numpy(slope) for name, slope in slopes.items()
    }


def main() -> None:
    """Write values as NAME|VARIANT, slopes as NAME|VARIANT|OUTPUT."""
    found: dict[str, np.ndarray] = {}
    functions = {name: load(name) for name in LOSSES}
    functions["objective"] = objective({"compressed_complex": 1.0, "over_suppression": {"weight": 0.5, "every": 2}})
    for name, function in functions.items():
        ends, noisy, clean, outputs = inputs(name == "standardised_mse")
        for variant, settings in VARIANTS.items():
            step = {"step": keras.ops.convert_to_tensor(4, "int32")} if name == "objective" else {}
            loss = partial(judged, function, ends, noisy, clean, {**settings, **step})
            value, slopes = value_and_slopes(loss, outputs)
            found[f"{name}|{variant}"] = np.float64(value)
            found |= {f"{name}|{variant}|{output}": slope for output, slope in slopes.items()}
    np.savez(sys.argv[1], **found)


if __name__ == "__main__":
    main()
