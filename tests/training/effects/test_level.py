"""Level of the mixture."""

import pytest
from mixtures import rng, state

from training.audio import active_power, decibels
from training.data.effects.level import Level


@pytest.mark.parametrize("level", [-80.0, -20.0])
def test_the_level_is_the_one_asked_for(level: float) -> None:
    one = state()
    Level(range_dbfs=(level, level))(rng(), one)
    assert decibels(active_power(one.noisy, one.rate)) == pytest.approx(level, abs=0.01)
