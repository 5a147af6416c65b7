"""Log-spectral distance above 8 kHz, which PESQ and STOI do not hear."""

from __future__ import annotations

import numpy as np

from training.audio import Audio

BAND_HZ = (8000.0, 20000.0)
SIZE, HOP = 2048, 512
FLOOR = 1e-9


def high_band_distance(estimate: Audio, clean: Audio, rate: int) -> float:
    """Return the log-spectral distance (Gray & Markel 1976) over 8-20 kHz in dB; lower is better.

    2048-point Hann window, hop 512; power spectra divided by the window's energy, floor 1e-9; root mean square of the
    difference in dB over the band's bins, mean over the frames within 40 dB of the clean signal's loudest.

    Parameters
    ----------
    estimate, clean : (samples,)
    rate : int
        Hz, at least 40000.
    """
    spectra = []
    for audio in (clean, estimate):
        window = np.hanning(SIZE + 1)[:-1]
        frames = np.lib.stride_tricks.sliding_window_view(audio, SIZE)[::HOP] * window
        spectra.append(np.abs(np.fft.rfft(frames)) ** 2 / np.sum(window**2))
    level = spectra[0].sum(1)
    loud = level > level.max() * 1e-4
    frequencies = np.arange(spectra[0].shape[1]) * rate / SIZE
    band = (frequencies >= BAND_HZ[0]) & (frequencies <= BAND_HZ[1])
    difference = [10 * np.log10(np.maximum(power[loud][:, band], FLOOR)) for power in spectra]
    return float(np.sqrt(((difference[0] - difference[1]) ** 2).mean(1)).mean())
