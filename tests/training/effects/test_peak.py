"""Room below full scale."""

import numpy as np
import pytest
from mixtures import rng, state

from training.data.effects.peak import Peak


def test_loud_mixtures_are_turned_down_as_a_whole() -> None:
    one, before = state(), state()
    one.scale(100)
    Peak()(rng(), one)
    assert max(np.abs(one.noisy).max(), np.abs(one.target).max()) == pytest.approx(0.99, abs=1e-5)
    np.testing.assert_allclose(one.noisy / one.noisy.max(), before.noisy / before.noisy.max(), atol=1e-5)
    quiet = state()
    Peak()(rng(), quiet)
    assert np.array_equal(quiet.stems, before.stems)
