"""The followed level: what a network hears, and so what it takes away, does not depend on how loud a stream is."""

import numpy as np
import pytest
from engine_models import packed

from speechenh_plugin.engine import Network, Processor

keras = pytest.importorskip("keras")
from training.network import features  # noqa: E402
from training.network.front_end import fullband  # noqa: E402
from training.network.graph import Graph  # noqa: E402


@pytest.fixture(scope="module")
def graph() -> Graph:
    graph = Graph("relative", fullband(low_bins=32, taps=2, level_seconds=1.0))
    bands, low = graph.input("bands", 129, 1), graph.input("low", 32, 2)
    x = graph.conv(bands, 4, (3, 5), activation="relu")
    graph.output("gains", graph.conv(x, 1, (1, 3), activation="sigmoid"))
    graph.output("filter", graph.conv(low, 4, (1, 3)))
    return graph


def sound(rate: int) -> np.ndarray:
    """Two seconds of noise, the second one 40 dB quieter."""
    samples = 0.1 * np.random.default_rng(0).standard_normal(2 * rate)
    samples[rate:] *= 0.01
    return samples.astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_features_are_kerass(graph: Graph, rate: int) -> None:
    ends = features.front_end(graph.front_end, rate)
    got = Network(packed(graph)).features(sound(rate), rate)
    for name, wanted in ends.inputs(ends.stft(sound(rate)[None].astype(float))).items():
        np.testing.assert_allclose(got[name], np.asarray(wanted)[0], atol=2e-4)


def test_output_is_as_loud_as_input(graph: Graph) -> None:
    network, rate = Network(packed(graph)), 16000
    usual = Processor(network, rate).process(sound(rate))
    for gain in (1e-3, 10.0):
        scaled = Processor(network, rate).process(np.float32(gain) * sound(rate)) / gain
        np.testing.assert_allclose(scaled, usual, atol=1e-5)


def test_channels_that_part_go_on_from_the_level_they_shared(graph: Graph) -> None:
    processor = Processor(Network(packed(graph)), 16000, channels=2)
    both = np.stack([sound(16000)] * 2)
    linked = processor.process(both)
    apart = processor.process(both, stereo_link=False)
    one = Processor(Network(packed(graph)), 16000)
    np.testing.assert_allclose(linked[0], one.process(sound(16000)), atol=1e-6)
    np.testing.assert_allclose(apart[1], one.process(sound(16000)), atol=1e-6)
