"""Speech at another speed."""

from mixtures import rng, state

from training.data.effects.speed import Speed


def test_the_speed_of_clips_is_within_its_range() -> None:
    drawn = set()
    for seed in range(20):
        one = state(0.01)
        Speed(range=(0.9, 1.1))(rng(seed), one)
        drawn.add(one.speech_speed)
    assert len(drawn) == 20 and min(drawn) >= 0.9 and max(drawn) <= 1.1
