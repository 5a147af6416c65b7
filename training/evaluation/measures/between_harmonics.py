"""How much lies between the harmonics of a voice, where only noise can be."""

from __future__ import annotations

import numpy as np

from training.audio import Audio, resample
from training.evaluation.measures import frames
from training.packages import load_librosa

BAND_HZ = (1000.0, 2000.0)
WINDOW_SECONDS, HOP_SECONDS = 0.064, 0.016
PITCH_RATE = 16000
PITCH_HZ = (80.0, 350.0)
STEADY = 0.03
LOUDNESS_DB = 20.0
LEAST_FRAMES = 5


def between_harmonics(audio: Audio, clean: Audio, rate: int) -> float:
    """Return the level midway between a voice's harmonics at 1-2 kHz beside the level of the harmonics, in dB.

    In voiced frames (64 ms, Hann, hop 16 ms; within 20 dB of the clean signal's loudest; its pitch f, found by YIN
    (de Cheveigné & Kawahara 2002), lies between 80 and 350 Hz and moves by at most 3 % from the frame before and to the
    frame after), with P the power spectrum, linear between bins::

        10 log10 (mean over k of P((k + 1/2) f) / mean over k of P(k f)),  1 kHz <= k f <= 2 kHz

    with the valleys between two such harmonics, and the mean of that over the frames. The window of 64 ms limits it:
    clean speech has about -15 dB.

    Parameters
    ----------
    audio : (samples,)
        What is judged: the estimate, or the noisy or the clean signal itself.
    clean : (samples,)
        Aligned; it tells the pitch.
    rate : int
        Hz.

    Returns
    -------
    float
        Lower is cleaner; NaN where fewer than five frames are voiced.
    """
    track = load_librosa().yin(
        resample(clean, rate, PITCH_RATE).astype(np.float64),
        fmin=PITCH_HZ[0] - 10,
        fmax=PITCH_HZ[1] + 50,
        sr=PITCH_RATE,
        frame_length=round(WINDOW_SECONDS * PITCH_RATE),
        hop_length=round(HOP_SECONDS * PITCH_RATE),
        trough_threshold=0.15,
    )
    level = frames.powers(clean, rate, WINDOW_SECONDS, HOP_SECONDS).sum(1)
    powers = frames.powers(audio, rate, WINDOW_SECONDS, HOP_SECONDS)
    hertz = frames.frequencies(rate, WINDOW_SECONDS)
    found = []
    for t in range(1, min(len(powers), len(track)) - 1):
        pitch = track[t]
        steady = max(abs(track[t - 1] / pitch - 1), abs(track[t + 1] / pitch - 1)) <= STEADY
        loud = level[t] > level.max() * 10 ** (-LOUDNESS_DB / 10)
        if loud and steady and PITCH_HZ[0] <= pitch <= PITCH_HZ[1]:
            orders = np.arange(np.ceil(BAND_HZ[0] / pitch), np.floor(BAND_HZ[1] / pitch) + 1)
            peaks = np.interp(orders * pitch, hertz, powers[t])
            valleys = np.interp((orders[:-1] + 0.5) * pitch, hertz, powers[t])
            found.append(frames.decibels(float(np.mean(valleys)), float(np.mean(peaks))))
    return float(np.nanmean(found)) if np.isfinite(found).sum() >= LEAST_FRAMES else float("nan")
