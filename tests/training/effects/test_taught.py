"""A teacher's estimate as the speech wanted back."""

import numpy as np
import pytest
from mixtures import rng, state

from training.data import teacher
from training.data.effects.taught import Taught
from training.data.state import NOISE, TARGET, power


class Pools:
    teaches = True


def taught(
    monkeypatch: pytest.MonkeyPatch, estimate, *, teaches: bool = True, rate: int = 16000, below_hz: float = 8000.0
):
    one = state(1.0, rate)
    one._pools = Pools()
    one._pools.teaches = teaches
    monkeypatch.setitem(teacher.TEACHERS, "mean", teacher.Teacher(lambda noisy, rate: estimate(one), lambda: None, ()))
    Taught(below_hz=below_hz)(rng(), one)
    return one


def test_an_estimate_nearer_to_the_speech_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    near = taught(monkeypatch, lambda one: one.speech + 0.1 * one.noise)
    assert near.taught and np.allclose(near.target, near.speech + 0.1 * near.noise, atol=1e-6)
    assert np.array_equal(near.noisy, state().noisy)


def test_one_further_away_than_the_mixture_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    far = taught(monkeypatch, lambda one: one.speech - 1.5 * one.noise)
    assert not far.taught and not far.has_target


def test_it_is_not_asked_to_validate(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not taught(monkeypatch, lambda one: one.speech, teaches=False).taught


def test_above_its_frequency_the_clean_speech_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    one = taught(monkeypatch, lambda one: one.speech + 0.5 * one.noise, rate=48000, below_hz=4000.0)
    spectrum = np.abs(np.fft.rfft(one.target - one.speech))
    assert spectrum[4200:].max() < 1e-2 * spectrum[:3800].mean()


@pytest.mark.parametrize("stems", [TARGET, NOISE])
def test_what_follows_acts_on_the_estimate_too(stems: int, monkeypatch: pytest.MonkeyPatch) -> None:
    one = taught(monkeypatch, lambda one: one.speech + 0.1 * one.noise)
    before = power(one.stems[stems])
    one.scale(0.1)
    assert power(one.stems[stems]) == pytest.approx(0.01 * before, rel=1e-3)
