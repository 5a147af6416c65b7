import numpy as np
from engine_models import fullband_like, packed
from engine_reference import noise, resynthesised, spectra, triangles

from speechenh_plugin.engine import Network, Processor
from training.network.front_end import fullband
from training.network.graph import Graph


def test_linked_channels_share_the_gain_of_their_mean_power():
    rate = 16000
    graph = Graph("loudness", fullband())
    graph.output("gains", graph.activation(graph.input("bands", 129, 1), "sigmoid"))
    network = Network(packed(graph))
    left, right = noise(rate)[0], noise(rate)[0][::-1] * 0.1
    mean = np.sqrt((np.abs(spectra(left, rate)) ** 2 + np.abs(spectra(right, rate)) ** 2) / 2)
    weights = triangles(rate)
    sums = weights.sum(1)
    energy = mean**2 @ weights.T / np.where(sums > 0, sums, 1)
    gains = (1 / (1 + np.exp(-(10 * np.log10(energy + 1e-11) + 60) / 25))) @ weights
    got = Processor(network, rate, 2).process(np.stack([left, right]))
    latency = 512
    for channel, x in enumerate((left, right)):
        frames = spectra(x, rate)
        expected = resynthesised(frames * gains[: len(frames)], rate)
        valid = expected.size - 4 * 128
        np.testing.assert_allclose(
            got[channel, latency : latency + valid - latency], expected[: valid - latency], atol=1e-5
        )


def test_unlinked_channels_are_streams_of_their_own():
    network = Network(packed(fullband_like()))
    x = noise(16000, channels=3) * np.array([[1], [0.1], [0.01]], np.float32)
    together = Processor(network, 16000, 3).process(x, stereo_link=False)
    alone = [Processor(network, 16000).process(row) for row in x]
    assert np.array_equal(together, np.stack(alone))


def test_one_channel_is_the_same_linked_or_not():
    network = Network(packed(fullband_like()))
    x = noise(16000)
    linked = Processor(network, 16000).process(x)
    assert np.array_equal(linked, Processor(network, 16000).process(x, stereo_link=False))


def test_switching_the_link_goes_on_from_what_was_heard():
    network = Network(packed(fullband_like()))
    x = np.repeat(noise(16000, 0.2), 2, 0)  # equal channels: linked or not, the same
    expected = Processor(network, 16000, 2).process(x)
    stream = Processor(network, 16000, 2)
    parts = [stream.process(part, stereo_link=i % 2 == 0) for i, part in enumerate(np.array_split(x, 5, 1))]
    np.testing.assert_allclose(np.concatenate(parts, 1), expected, atol=1e-6)
