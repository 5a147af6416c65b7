"""What holds for every effect."""

import numpy as np
import pytest
from mixtures import rng, state

from training.data.effects import EFFECTS
from training.data.effects.base import Effect
from training.tables import TableError, read_table

NEED_POOLS = ("extend_band", "noise", "noise_speed", "reverb", "second_noise", "speech", "speed", "taught", "vocoded")
"""Effects that need corpora, or find nothing to change in what `state` makes."""


@pytest.mark.parametrize("kind", [kind for kind in EFFECTS if kind not in NEED_POOLS])
def test_the_same_draws_give_the_same_samples(kind: str) -> None:
    made = []
    for number, seed in enumerate((3, 3, 4)):
        np.random.seed(number)  # noqa: NPY002  # of no meaning: what is drawn, `rng` draws
        one = state(mixed=kind not in ("noise_glide", "noise_reverse", "steady"))
        EFFECTS[kind]()(rng(seed), one)
        assert one.stems.dtype == np.float32 and np.isfinite(one.stems).all() and one.stems.shape[-1] == 16000
        made.append(one.stems)
    assert np.array_equal(made[0], made[1])


@pytest.mark.parametrize("kind", EFFECTS)
def test_chance_may_have_it_that_nothing_happens(kind: str) -> None:
    one, before = state(), state()
    EFFECTS[kind](probability=0.0)(rng(), one)
    assert np.array_equal(one.stems, before.stems) and not one.effects


def test_probability_is_the_share_of_mixtures() -> None:
    class Counted(Effect):
        kind = "counted"

        def apply(self, rng, state) -> None:
            pass

    one, draws = state(0.01), rng()
    for _ in range(2000):
        Counted(probability=0.3)(draws, one)
    assert len(one.effects) == pytest.approx(600, abs=60)


def test_a_probability_is_zero_to_one() -> None:
    with pytest.raises(TableError, match="reverb: probability is 1.5; it must be 0 to 1"):
        read_table(EFFECTS["reverb"], {"probability": 1.5}, "reverb")


@pytest.mark.parametrize("kind", EFFECTS)
def test_every_effect_has_its_own_name(kind: str) -> None:
    assert EFFECTS[kind].kind == kind == EFFECTS[kind].__module__.rpartition(".")[2]
