"""Samples, weights, controls and calls that make no sense."""

import numpy as np
import pytest
from engine_models import cr_ced_like, fixed_outputs, fullband_like, packed, random_weights
from engine_reference import noise
from layer_runs import bare

from speechenh_plugin.engine import Network, Processor
from training.network.front_end import fullband
from training.network.graph import Graph


def test_wrong_inputs_are_refused():
    network = Network(packed(cr_ced_like()))
    with pytest.raises(ValueError, match="'input' is missing"):
        network.run({})
    with pytest.raises(ValueError, match=r"must be \(frames, 129, 1\)"):
        network.run({"input": np.zeros((3, 128, 1))})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
def test_samples_that_are_no_audio_count_as_zero(bad):
    network = Network(packed(fullband_like(low_bins=16, taps=2, comb=0.5)))
    x = noise(16000)
    spoilt, muted = x.copy(), x.copy()
    spoilt[:, 3000:3100], muted[:, 3000:3100] = bad, 0
    assert np.array_equal(Processor(network, 16000).process(spoilt), Processor(network, 16000).process(muted))


def test_weights_that_overflow_do_not_outlast_the_sound():
    graph = Graph("hostile", fullband())
    x = graph.input("bands", 129, 1)
    x = graph.dense(graph.dense(x, 4, name="huge"), 1, name="out")
    graph.output("gains", graph.gru(x, 1, name="state"))
    weights = {name: np.full_like(value, 3e38) for name, value in random_weights(graph).items()}
    y = Processor(Network(packed(graph, weights)), 16000).process(noise(16000))
    assert np.isfinite(y).all()


@pytest.mark.parametrize("controls", [
    {"strength": np.nan}, {"strength": -3.0}, {"strength": np.inf}, {"reduction_limit_db": np.nan},
    {"reduction_limit_db": -10.0},
])  # fmt: skip
def test_controls_out_of_range_stay_finite(controls):
    y = Processor(Network(packed(fullband_like())), 16000).process(noise(16000), **controls)
    assert np.isfinite(y).all()


@pytest.mark.parametrize("tap", [1e30, 1e38, -1e38])
def test_a_filter_that_gives_no_audio_leaves_its_bins_alone(tap):
    filters = np.zeros((8, 4))
    filters[:, 0] = tap
    network = Network(fixed_outputs(fullband(low_bins=8, taps=2), gains=np.ones((129, 1)), filter=filters))
    stream = Processor(network, 8000)
    x = (0.1 * np.random.default_rng(0).standard_normal(4000)).astype(np.float32)
    y = stream.process(x)
    np.testing.assert_allclose(y[stream.latency :], x[: -stream.latency], atol=1e-6)


@pytest.mark.parametrize("rate, channels", [(7999, 1), (192001, 1), (0, 1), (np.nan, 1), (48000, 0)])
def test_impossible_streams_are_refused(rate, channels):
    network = Network(packed(cr_ced_like()))
    with pytest.raises(ValueError, match="sample rate must be within|at least one channel"):
        Processor(network, rate, channels)


def test_a_bare_graph_is_no_effect():
    network = Network(packed(bare(lambda graph, x: graph.dense(x, 2), (3, 3))))
    with pytest.raises(ValueError, match="no audio front end"):
        Processor(network, 48000)
    with pytest.raises(ValueError, match="no front end"):
        network.features(np.zeros(100), 48000)


def test_wrong_number_of_channels_is_refused():
    with pytest.raises(ValueError, match=r"must be \(2, samples\)"):
        Processor(Network(packed(cr_ced_like())), 48000, 2).process(np.zeros((3, 10)))
