"""The level sweep, of a denoiser that minds the level and of one that does not."""

import numpy as np
import pytest
from sounds import syllables

pytest.importorskip("pesq")
from training.evaluation.measures.level_sweep import GAINS_DB, level_sweep, sweep_name

RATE = 16000


def pair() -> tuple[np.ndarray, np.ndarray]:
    clean = syllables(RATE)
    return clean, clean + 0.01 * np.random.default_rng(0).standard_normal(clean.size).astype(np.float32)


def test_what_scales_with_its_input_has_no_difference() -> None:
    clean, noisy = pair()
    found = level_sweep(lambda audio: audio / 2, noisy, clean, RATE)
    assert len(found) == 2 * len(GAINS_DB)
    assert list(found.values()) == pytest.approx([0] * len(found), abs=1e-3)


def test_noise_of_a_fixed_level_costs_most_where_the_input_is_faint() -> None:
    clean, noisy = pair()
    hiss = 1e-4 * np.random.default_rng(1).standard_normal(clean.size).astype(np.float32)
    found = level_sweep(lambda audio: audio + hiss, noisy, clean, RATE)
    # At -40 dB the hiss is as loud as the noise of 0.01: 3 dB.
    assert found[sweep_name("SI-SDR", -40)] == pytest.approx(-3.01, abs=0.1)
    assert found["SI-SDR at -60 dB"] < -19
    assert abs(found["SI-SDR at +20 dB"]) < 0.01
    assert found["PESQ at -60 dB"] < found["PESQ at -40 dB"] < 0
