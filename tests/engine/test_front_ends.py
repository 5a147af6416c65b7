"""Features and gains of the front ends against SciPy and librosa."""

import numpy as np
import pytest
from engine_models import cr_ced_like, fixed_outputs, fullband_like, packed
from engine_reference import RATES, expected_output, noise, processed, spectra, triangles
from layer_runs import close
from sounds import speechlike

from speechenh_plugin.engine import Network, Processor
from training.network import features
from training.network.front_end import band_centers, fullband, narrowband
from training.network.graph import Graph


def log_energies(frames, weights):
    """What a fullband network sees of spectra (frames, bins) by bands of those weights (band, bin)."""
    sums = weights.sum(1)
    energy = np.abs(frames) ** 2 @ weights.T / np.where(sums > 0, sums, 1)
    return (10 * np.log10(energy + 1e-11) + 60) / 25


@pytest.mark.parametrize("rate", RATES[:6])
def test_narrowband_features(rate):
    x = noise(rate)[0]
    network = Network(packed(cr_ced_like()))
    magnitude = np.abs(spectra(x, rate))[:, :129]
    expected = (magnitude - magnitude.mean(1, keepdims=True)) / magnitude.std(1, keepdims=True)
    close(network.features(x, rate)["input"][..., 0], expected)


@pytest.mark.parametrize("rate", RATES)
def test_fullband_features(rate):
    x = noise(rate)[0]
    network = Network(packed(fullband_like(low_bins=40)))
    got = network.features(x, rate)
    frames, weights = spectra(x, rate), triangles(rate)
    np.testing.assert_allclose(weights.sum(0), 1)
    close(got["bands"][..., 0], log_energies(frames, weights))
    low = frames[:, :40]
    compressed = low * np.abs(low) ** (0.3 - 1)
    close(got["low"][..., 0] + 1j * got["low"][..., 1], compressed)


def test_features_are_of_mono():
    network = Network(fixed_outputs(narrowband(), magnitude=np.full((129, 1), 0.5)))
    with pytest.raises(ValueError, match=r"must have the shape \(samples,\), not \(2, 4800\)"):
        network.features(np.zeros((2, 4800)), 48000)


def test_silence_gives_finite_features():
    got = Network(packed(fullband_like(low_bins=40))).features(np.zeros(4800), 48000)
    np.testing.assert_allclose(got["bands"], (10 * np.log10(1e-11) + 60) / 25, rtol=1e-5)
    assert not got["low"].any()


def test_narrowband_gains_are_the_estimate_over_the_magnitude(kernels):
    rate = 16000
    graph = Graph("half", narrowband())
    x = graph.input("input", 129, 1)
    graph.output("magnitude", graph.add("affine", x, "half"))
    network = Network(
        packed(graph, {"half/scale": np.float32([0.5]), "half/shift": np.float32([-0.2])}), kernels=kernels
    )

    def change(frames):
        magnitude = np.abs(frames)
        m = magnitude[:, :129]
        mean, deviation = m.mean(1, keepdims=True), m.std(1, keepdims=True)
        standard = (m - mean) / np.maximum(deviation, 1e-7)
        gain = np.clip(((0.5 * standard - 0.2) * deviation + mean) / np.maximum(m, 1e-9), 0, 1)
        top = np.repeat(gain[:, 113:129].mean(1, keepdims=True), frames.shape[1] - 129, 1)
        return frames * np.concatenate([gain, top], 1)

    signal = noise(rate)
    got = processed(Processor(network, rate), signal)[0]
    np.testing.assert_allclose(got, expected_output(signal[0], rate, change), atol=1e-5)


@pytest.mark.parametrize("count, apart_to_hz", [(2, 0.0), (33, 0.0), (185, 4000.0)])
@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_a_model_has_as_many_bands_as_it_declares(rate, count, apart_to_hz):
    centers = np.array(band_centers(count, apart_to_hz))
    graph = Graph("loudness", fullband() | {"centers": centers.tolist()})
    graph.output("gains", graph.activation(graph.input("bands", count, 1), "sigmoid"))
    stream = Processor(Network(packed(graph)), rate)
    weights = triangles(rate, centers)

    def change(frames):
        return frames * (1 / (1 + np.exp(-log_energies(frames, weights))) @ weights)

    x = noise(rate)
    np.testing.assert_allclose(processed(stream, x)[0], expected_output(x[0], rate, change), atol=1e-5)


@pytest.mark.parametrize("lookahead", [0, 1, 3])
def test_lookahead_moves_gains_earlier_and_latency_later(lookahead):
    rate = 16000
    graph = Graph("loudness", fullband(lookahead=lookahead))
    graph.output("gains", graph.activation(graph.input("bands", 129, 1), "sigmoid"))
    stream = Processor(Network(packed(graph)), rate)
    assert stream.latency == (4 + lookahead) * 128
    x = noise(rate) * np.linspace(0, 1, rate // 2, dtype=np.float32)
    weights = triangles(rate)

    def change(frames):
        gains = 1 / (1 + np.exp(-log_energies(frames, weights)))
        ahead = np.concatenate([gains[lookahead:], np.repeat(gains[-1:], lookahead, 0)])
        return frames * (ahead @ weights)

    got = processed(stream, x)[0]
    settled = x.shape[1] - 8 * 128  # the frames past the end are zeros here, but not there
    np.testing.assert_allclose(got[:settled], expected_output(x[0], rate, change)[:settled], atol=1e-5)


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
@pytest.mark.parametrize(
    "graph", [cr_ced_like(), fullband_like(low_bins=40, taps=3, comb=0.5)], ids=lambda graph: graph.name
)
def test_training_computes_the_same(graph, rate):
    network, front_end = Network(packed(graph)), features.front_end(graph.front_end, rate)
    x = speechlike(0.5, rate)
    frames = front_end.stft(x.astype(np.float64))
    inputs = network.features(x[0], rate)
    for name, expected in front_end.inputs(frames).items():
        np.testing.assert_allclose(inputs[name], expected[0], atol=2e-5)
    outputs = {role: y[None].astype(np.float64) for role, y in network.run(inputs).items()}
    expected = front_end.stft.inverse(front_end.estimate(outputs, frames))[0]
    stream = Processor(network, rate)
    got = stream.process(x)[0, stream.latency :]
    np.testing.assert_allclose(got, expected[: got.size], atol=1e-6)
