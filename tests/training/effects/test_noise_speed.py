"""Noise at another speed."""

from mixtures import rng, state

from training.data.effects.noise_speed import NoiseSpeed


def test_noises_are_drawn_at_speeds_of_the_range() -> None:
    one = state(0.01)
    NoiseSpeed(range=(0.5, 2.0))(rng(), one)
    assert one.noise_speeds == (0.5, 2.0) and one.effects == ["noise_speed"]
