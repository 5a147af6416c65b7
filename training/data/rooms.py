"""Impulse responses of simulated rooms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyroomacoustics

from training.data.audio import Audio, fit

EARLY_SECONDS = 0.05
"""Reflections within 50 ms of the direct sound help speech (the C50 of ISO 3382)."""

MAX_ORDER = 32
"""Greatest number of walls that a sound path meets; higher orders cost more than they sound."""


@dataclass(frozen=True)
class Room:
    """One talker and one noise, heard by one microphone.

    Attributes
    ----------
    speech, noise : (taps,) float32
        Impulse responses from the direct sound on, of unit energy.
    early : (taps,) float32
        The part of `speech` within 50 ms of the direct sound.
    seconds
        Reverberation time aimed at (T60).
    """

    speech: Audio
    noise: Audio
    early: Audio
    seconds: float


class RoomBank:
    """Shoebox rooms, each simulated by the image source method when first drawn, then kept.

    Parameters
    ----------
    sample_rate
        In Hz.
    size
        Number of rooms.
    seed
        Rooms are the same for the same seed, whatever the order in which they are drawn.
    """

    def __init__(self, sample_rate: int, size: int = 64, seed: int = 0) -> None:
        self._sample_rate = sample_rate
        self._size = size
        self._seed = seed
        self._rooms: dict[int, Room] = {}

    def draw(self, rng: np.random.Generator) -> Room:
        """Draw a room."""
        index = int(rng.integers(self._size))
        if index not in self._rooms:
            self._rooms[index] = simulate(np.random.default_rng([self._seed, index]), self._sample_rate)
        return self._rooms[index]


def simulate(rng: np.random.Generator, sample_rate: int) -> Room:
    """Simulate a shoebox room with a microphone, a talker and a noise.

    Sides of 2.5-9 x 2.5-7 x 2.2-3.5 m, T60 of 0.1-0.8 s, the talker 0.2-2.5 m away.

    Parameters
    ----------
    rng
        Draws everything.
    sample_rate
        In Hz.

    Returns
    -------
    Room
    """
    size = rng.uniform([2.5, 2.5, 2.2], [9.0, 7.0, 3.5])
    seconds = float(np.exp(rng.uniform(np.log(0.1), np.log(0.8))))
    # Sabine: T60 = 0.161 V / (S a). Short times may ask for more absorption than there is.
    volume = float(np.prod(size))
    surface = 2 * float(size[0] * size[1] + size[1] * size[2] + size[0] * size[2])
    absorption = min(0.161 * volume / (surface * seconds), 0.9)
    crossings = 343 * seconds / (4 * volume / surface)
    # One thread, so that sums are rounded alike on every machine.
    pyroomacoustics.constants.set("num_threads", 1)
    room = pyroomacoustics.ShoeBox(
        size,
        fs=sample_rate,
        materials=pyroomacoustics.Material(absorption),
        max_order=int(min(crossings, MAX_ORDER)) + 1,
    )
    microphone = rng.uniform(0.4, size - 0.4)
    away = rng.standard_normal(3) * [1, 1, 0.3]
    talker = microphone + away / np.linalg.norm(away) * rng.uniform(0.2, 2.5)
    room.add_microphone(microphone)
    room.add_source(np.clip(talker, 0.2, size - 0.2))
    room.add_source(rng.uniform(0.2, size - 0.2))
    room.compute_rir()
    speech, noise = (_trim(response) for response in room.rir[0])
    early = speech.copy()
    cut = int(EARLY_SECONDS * sample_rate)
    fade = np.hanning(2 * (cut // 5))[cut // 5 :].astype(np.float32)
    early = early[: cut + len(fade)]
    early[cut:] *= fade[: max(len(early) - cut, 0)]
    return Room(speech, noise, fit(early, len(speech)), seconds)


def _trim(response: np.ndarray) -> Audio:
    """Start with the direct sound, end 60 dB below the peak, and scale to unit energy."""
    level = np.abs(response)
    start = int(np.argmax(level > 0.2 * level.max()))
    end = len(response) - int(np.argmax(level[::-1] > 1e-3 * level.max()))
    part = response[start:end]
    return np.asarray(part / np.sqrt(np.sum(part**2)), dtype=np.float32)
