"""The output does not depend on how a stream is cut, nor on how many frames are computed at once."""

import numpy as np
import pytest
from engine_models import cr_ced_like, fullband_like, packed
from engine_reference import RATES, noise
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import speechlike

from speechenh_plugin import engine
from speechenh_plugin.engine import Network, Processor


@pytest.mark.parametrize("declare", [cr_ced_like, fullband_like])
def test_frames_one_by_one_equal_all_at_once(kernels, declare):
    network = Network(packed(declare()), kernels=kernels)
    (name,) = network.inputs
    x = np.random.default_rng(3).standard_normal((40, 129, 1))
    once = network.run({name: x}, batch=40)
    for batch in (0, 1, 3, 7):
        again = network.run({name: x}, batch=batch)
        assert all(np.array_equal(once[role], again[role]) for role in once)


@pytest.mark.parametrize("rate", RATES)
def test_strength_zero_is_the_delayed_input_bit_for_bit(kernels, rate):
    stream = Processor(Network(packed(fullband_like()), kernels=kernels), rate, channels=2)
    x = noise(rate, channels=2)
    y = stream.process(x, strength=0)
    assert np.array_equal(y[:, stream.latency :], x[:, : -stream.latency])
    assert not y[:, : stream.latency].any()


@settings(deadline=None, max_examples=30)
@given(
    rate=st.sampled_from(RATES[:6]),
    sizes=st.lists(st.one_of(st.integers(1, 70), st.integers(1, 5000)), min_size=1, max_size=30),
    max_block=st.sampled_from([1, 64, 512, 8192]),
    link=st.booleans(),
)
def test_output_does_not_depend_on_the_blocks(rate, sizes, max_block, link):
    network = Network(packed(fullband_like(low_bins=32, taps=3, lookahead=1, comb=0.5)))
    x = speechlike(0.3, rate, 2)
    whole = Processor(network, rate, 2, x.shape[1]).process(x, stereo_link=link)
    stream, parts, start = Processor(network, rate, 2, max_block), [], 0
    while start < x.shape[1]:
        size = sizes[len(parts) % len(sizes)]
        parts.append(stream.process(x[:, start : start + size], stereo_link=link))
        start += size
    assert np.array_equal(np.concatenate(parts, 1), whole)
    stream.reset()
    assert np.array_equal(stream.process(x, stereo_link=link), whole)


def test_output_may_overwrite_the_input():
    network = Network(packed(fullband_like()))
    x = noise(16000, channels=2)
    expected = Processor(network, 16000, 2).process(x)
    stream, rows = Processor(network, 16000, 2), engine._pointers(x)
    engine._library().deepdenoise_stream_process(stream._handle, rows, rows, x.shape[1], 1.0, np.inf, True, False)
    assert np.array_equal(x, expected)
