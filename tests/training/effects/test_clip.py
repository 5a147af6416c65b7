"""Clipping."""

import numpy as np
from mixtures import rng, state

from training.data.effects.clip import Clip
from training.data.state import TARGET


def test_a_share_of_the_mixture_is_clipped_and_the_target_with_it() -> None:
    one, before = state(), state()
    one.put(TARGET, 10 * before.speech)
    Clip()(rng(), one)
    level = np.abs(one.noisy).max()
    share = np.mean(np.abs(before.noisy) >= level * (1 - 1e-6))
    assert 1e-4 / 2 < share < 0.03
    np.testing.assert_allclose(one.noisy, np.clip(before.noisy, -level, level), atol=1e-6)
    np.testing.assert_allclose(one.target, np.clip(10 * before.speech, -level, level), atol=1e-6)
