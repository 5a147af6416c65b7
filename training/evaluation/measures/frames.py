"""Spectra of short frames and the frames in which somebody speaks, for the measures that need them."""

from __future__ import annotations

import numpy as np

from training.audio import Audio

ACTIVE_DB = 40.0
"""A frame holds speech when the clean signal in it is at most so far below its loudest frame, as STOI counts."""
DOMINANT_DB = 3.0
"""Speech dominates a bin of a frame when it is at least so far above the noise."""
HOP_SECONDS = 0.008
WINDOW_SECONDS = 0.032


def spectra(audio: Audio, rate: int, window: float = WINDOW_SECONDS, hop: float = HOP_SECONDS) -> np.ndarray:
    """Return spectra of Hann-windowed frames, the first one centred on the first sample.

    Parameters
    ----------
    audio : (samples,)
    rate : int
        Hz.
    window, hop : float
        Seconds.

    Returns
    -------
    (frame, bin) complex
        Scaled so that white noise of power 1 has power 1 in every bin.
    """
    size, step = round(window * rate), round(hop * rate)
    weights = np.hanning(size + 1)[:-1]
    padded = np.pad(audio.astype(np.float64), (size // 2, size - size // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::step] * weights
    return np.asarray(np.fft.rfft(frames) / np.sqrt(np.sum(weights**2)))


def powers(audio: Audio, rate: int, window: float = WINDOW_SECONDS, hop: float = HOP_SECONDS) -> np.ndarray:
    """Return squared magnitudes of `spectra`, (frame, bin)."""
    return np.asarray(np.abs(spectra(audio, rate, window, hop)) ** 2)


def frequencies(rate: int, window: float = WINDOW_SECONDS) -> np.ndarray:
    """Return the bins' frequencies in Hz."""
    return np.fft.rfftfreq(round(window * rate), 1 / rate)


def active(clean: np.ndarray) -> np.ndarray:
    """Tell in which frames of (frame, bin) powers somebody speaks; none if all are silent."""
    level = clean.sum(1)
    return np.asarray((level > level.max(initial=0.0) * 10 ** (-ACTIVE_DB / 10)) & (level > 0))


def dominant(clean: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Tell in which bins of active frames the clean power exceeds the noise's by 3 dB; (frame, bin)."""
    return np.asarray((clean > noise * 10 ** (DOMINANT_DB / 10)) & active(clean)[:, None])


def decibels(power: float, beside: float) -> float:
    """Return 10 log10 (power / beside), at least -120 dB; NaN if `beside` is 0."""
    return float(10 * np.log10(max(power / beside, 1e-12))) if beside > 0 else float("nan")
