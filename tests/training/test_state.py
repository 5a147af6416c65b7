"""The state of a mixture: its parts, and filters that wait for each other."""

import numpy as np
import pytest
from corpora_layouts import noise
from mixtures import state

from training.data import filters
from training.data.mixer import Mixture
from training.data.state import ALL, NOISE, SPEECH, TARGET, Noise


def test_filters_one_after_another_are_one() -> None:
    one, two = state(), state()
    low, tilted = filters.low_pass(16000, 4000.0), filters.shelf(16000, 1000.0, 6.0, "high")
    one.shape(low)
    one.shape(tilted)
    two.shape(low * tilted)
    assert np.array_equal(one.stems, two.stems) and not np.allclose(one.stems, state().stems, atol=1e-3)


@pytest.mark.parametrize(("rows", "changed"), [((SPEECH, TARGET), [0, 2]), ((NOISE,), [1]), (ALL, [0, 1, 2])])
def test_filters_act_on_the_stems_that_they_are_for(rows: tuple[int, ...], changed: list[int]) -> None:
    one, before = state(), state()
    for each in (one, before):
        each.put(TARGET, 0.5 * each.speech)
    one.shape(filters.low_pass(16000, 2000.0), rows)
    got = [row for row in range(3) if not np.allclose(one.stems[row], before.stems[row], atol=1e-3)]
    assert got == changed


def test_noises_are_added_up_to_unit_power() -> None:
    one = state(mixed=False)
    one.noises.append(Noise(3 * noise(5, 1.0), "other", recorded=False))
    assert one.noise_names == ("white", "other")
    assert np.mean(one.noise**2) == pytest.approx(1, rel=1e-4) and not one.noises


def test_the_target_is_the_speech_until_it_differs() -> None:
    one = state()
    assert np.array_equal(one.target, one.speech) and not one.has_target
    one.put(TARGET, 0 * one.speech)
    assert one.has_target and not one.target.any() and one.speech.any()
    made = Mixture.of(one)
    assert np.array_equal(made.noisy, one.speech + one.noise) and not made.clean.any()


def test_mixtures_of_a_bank_have_nothing_to_draw_from() -> None:
    with pytest.raises(ValueError, match="cannot be applied to mixtures of a bank"):
        _ = state().pools
