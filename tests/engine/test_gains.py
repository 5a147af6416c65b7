"""From gains and filters to samples: strength, limit, listening, deep filter."""

import numpy as np
import pytest
from engine_models import fixed_outputs
from engine_reference import RATES, expected_output, noise, processed, triangles

from speechenh_plugin.engine import Network, Processor
from training.network.front_end import fullband


@pytest.mark.parametrize("rate", RATES)
def test_gains_strength_limit_and_listening(kernels, rate):
    gains = np.random.default_rng(2).uniform(0, 1, (129, 1))
    network = Network(fixed_outputs(fullband(), gains=gains), kernels=kernels)
    x = noise(rate)
    gain = (gains.T @ triangles(rate))[0]
    stream = Processor(network, rate)
    for strength, limit in ((1.0, np.inf), (0.6, np.inf), (1.0, 6.0), (0.5, 12.0)):
        controls = {"strength": strength, "reduction_limit_db": limit}
        total = 1 - strength + strength * np.maximum(gain, 10 ** (-limit / 20))
        expected = expected_output(x[0], rate, lambda frames, total=total: frames * total)
        stream.reset()
        result = processed(stream, x, **controls)[0]
        np.testing.assert_allclose(result, expected, atol=3e-6)
        stream.reset()
        removed = processed(stream, x, **controls, listen_removed=True)[0]
        np.testing.assert_allclose(removed, x[0] - expected, atol=3e-6)


@pytest.mark.parametrize("limit", [np.inf, 9.0])
def test_deep_filter(kernels, limit):
    random = np.random.default_rng(4)
    rate, low, taps = 16000, 48, 3
    gains, taps_of_bins = random.uniform(0, 1, (129, 1)), random.uniform(-0.6, 0.6, (low, 2 * taps))
    front_end = fullband(low_bins=low, taps=taps)
    network = Network(fixed_outputs(front_end, gains=gains, filter=taps_of_bins), kernels=kernels)
    gain, floor = (gains.T @ triangles(rate))[0], 10 ** (-limit / 20)
    coefficients = taps_of_bins[:, :taps] + 1j * taps_of_bins[:, taps:]
    coefficients[:, 0] += 1  # the filter is added to the bin itself

    def change(frames):
        out = frames.copy()
        history = np.concatenate([np.zeros((taps - 1, frames.shape[1])), frames])
        out[:, :low] = sum(coefficients[:, i] * history[taps - 1 - i : len(history) - i, :low] for i in range(taps))
        out *= gain
        size, least = np.abs(out), floor * np.abs(frames)
        return np.where(size < least, out * least / np.maximum(size, 1e-30), out)

    x = noise(rate)
    got = processed(Processor(network, rate), x, reduction_limit_db=limit)[0]
    np.testing.assert_allclose(got, expected_output(x[0], rate, change), atol=3e-6)


def test_changing_controls_makes_no_click():
    rate = 48000
    network = Network(fixed_outputs(fullband(), gains=np.zeros((129, 1))))
    t = np.arange(rate) / rate
    x = (0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    steepest = np.abs(np.diff(x)).max()
    settings_ = [
        {"strength": 0.0}, {"strength": 1.0}, {"strength": 0.0}, {"listen_removed": True},
        {"strength": 1.0, "reduction_limit_db": 6.0}, {"strength": 1.0, "listen_removed": True},
    ]  # fmt: skip
    stream = Processor(network, rate)
    y = np.concatenate([
        stream.process(part, **settings_[i % len(settings_)]) for i, part in enumerate(np.array_split(x, 24))
    ])  # fmt: skip
    assert np.abs(np.diff(y)).max() < 1.1 * steepest + 0.5 / 300
