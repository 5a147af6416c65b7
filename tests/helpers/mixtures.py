"""Mixtures in the making, and mixings of few words."""

from typing import Any

import numpy as np
from corpora_layouts import noise, voice

from training.data.mixing import Mixing
from training.data.state import NOISE, SPEECH, Noise, State

RATE = 16000


def state(seconds: float = 1.0, rate: int = RATE, *, mixed: bool = True, **flags: bool) -> State:
    """A voice and, added up or not yet, white noise 10 dB below full scale."""
    made = State(rate, round(seconds * rate), None, **flags)
    if made.has_speech:
        made.put(SPEECH, voice(0, seconds, rate))
    if made.has_noise and mixed:
        made.put(NOISE, noise(1, seconds, rate))
    elif made.has_noise:
        made.noises = [Noise(noise(1, seconds, rate), "white", recorded=True)]
    return made


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def mixing(*effects: dict[str, Any], **fields: Any) -> Mixing:
    """Speech and noise at 0 dB and 8 kHz, with further effects at their places: before speech, noise, snr, or last."""
    kinds = {
        "speed": "speech",
        "extend_band": "noise",
        "begin_within_speech": "noise",
        "noise_speed": "noise",
        **dict.fromkeys(("second_noise", "noise_reverse", "noise_glide", "vocoded", "steady", "reverb"), "snr"),
    }
    given = {effect["kind"]: effect for effect in effects}
    order = [
        given.get("speech", {"kind": "speech"}),
        given.get("noise", {"kind": "noise"}),
        given.get("snr", {"kind": "snr"}),
    ]
    for effect in effects:
        if effect["kind"] not in ("speech", "noise", "snr"):
            place = kinds.get(effect["kind"])
            at = [one["kind"] for one in order].index(place) if place else len(order)
            order.insert(at, effect)
    return Mixing.from_table({"rate": 8000, **fields, "effect": order})


def band_db(audio: np.ndarray, low: float, high: float, rate: int = RATE) -> float:
    """Mean power density of a band, in dB."""
    power = np.abs(np.fft.rfft(audio * np.hanning(len(audio)))) ** 2
    frequency = np.fft.rfftfreq(len(audio), 1 / rate)
    return float(10 * np.log10(power[(frequency >= low) & (frequency < high)].mean() + 1e-30))
