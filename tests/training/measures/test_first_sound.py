"""The first sound of a stream, of a denoiser that fades in."""

import numpy as np
import pytest

pytest.importorskip("pesq")
from training.evaluation.measures.first_sound import first_sound

RATE = 48000


def speech() -> np.ndarray:
    """A tone, hiss from 0.5 to 0.8 s, a tone."""
    time = np.arange(2 * RATE) / RATE
    hiss = np.diff(np.random.default_rng(0).standard_normal(time.size + 1))
    tone = np.sin(2 * np.pi * 300 * time)
    return (0.05 * np.where((time > 0.5) & (time < 0.8), hiss, tone)).astype(np.float32)


def test_what_is_lost_of_the_first_60_ms_is_the_number_and_nothing_later_counts() -> None:
    heard: list[np.ndarray] = []

    def fades_in(audio: np.ndarray) -> np.ndarray:
        heard.append(audio)
        out = audio.copy()
        out[: round(0.06 * RATE)] *= np.float32(0.1)
        out[round(0.06 * RATE) :] = 0
        return out

    clean = speech()
    assert first_sound(fades_in, clean, RATE) == pytest.approx(-20, abs=0.01)
    (begin,) = heard
    assert begin.size == RATE
    # It begins amid the hiss.
    start = np.flatnonzero(clean == begin[0])[0]
    assert 0.6 < start / RATE < 0.7


def test_without_a_fricative_there_is_no_number() -> None:
    tone = np.sin(2 * np.pi * 300 * np.arange(RATE) / RATE).astype(np.float32)
    assert np.isnan(first_sound(lambda audio: audio, tone, RATE))
