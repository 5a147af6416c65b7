"""Noise made stationary."""

import numpy as np
from mixtures import rng, state

from training.data.effects.steady import Steady


def test_the_spectrum_stays_and_the_time_is_evened_out() -> None:
    one = state(2.0, mixed=False)
    burst = one.noises[0].audio
    burst[8000:] *= 0.01
    before = burst.copy()
    Steady()(rng(), one)
    even = one.noises[0].audio
    spectra = [np.abs(np.fft.rfft(audio))[1:-1] for audio in (before, even)]
    np.testing.assert_allclose(spectra[1], spectra[0], rtol=1e-2, atol=1e-2)
    quarters = np.square(even).reshape(4, -1).mean(axis=1)
    assert quarters.max() < 1.5 * quarters.min()
