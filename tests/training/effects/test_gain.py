"""More or less gain."""

import numpy as np
from mixtures import rng, state

from training.data.effects.gain import Gain


def test_all_stems_are_scaled_and_the_range_is_kept() -> None:
    gains = []
    for seed in range(20):
        one, before = state(0.1), state(0.1)
        Gain(range_db=(-60.0, 20.0))(rng(seed), one)
        ratio = one.stems[:, 100] / before.stems[:, 100]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)
        gains.append(20 * np.log10(ratio[0]))
    assert -60 <= min(gains) < -40 and 0 < max(gains) <= 20
