"""Impulse responses of rooms, simulated and recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.audio import Audio, fit, read
from training.data.corpora.base import Clip, Corpus, CorpusError

EARLY_SECONDS = 0.05
"""Reflections within 50 ms of the direct sound help speech (the C50 of ISO 3382)."""

MAX_ORDER = 32
"""Walls that a sound path meets at most, but one; higher orders cost more than they sound."""


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
        Reverberation time aimed at (T60); NaN of recorded rooms.
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
    # Imported where it is needed, as it takes a second.
    import pyroomacoustics

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
    return Room(speech, noise, _early(speech, sample_rate), seconds)


class RecordedRooms:
    """Rooms of corpora of impulse responses: one for the talker, another one of the same room for the noise.

    Two responses are of one room if their speakers, as the corpus tells them apart, are one.

    Parameters
    ----------
    corpora
        Each is drawn from in proportion to its weight.
    split
        "train", "dev" or "test".
    sample_rate
        In Hz.

    Raises
    ------
    CorpusError
        If no corpus has a response in the split.
    """

    def __init__(self, corpora: Sequence[Corpus], split: str, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._rooms: list[list[Clip]] = []
        shares: list[float] = []
        for corpus in corpora:
            rooms: dict[str, list[Clip]] = {}
            for clip in corpus.clips(split):
                rooms.setdefault(clip.speaker, []).append(clip)
            self._rooms += rooms.values()
            shares += [corpus.weight / len(rooms) for _ in rooms]
        if not self._rooms:
            raise CorpusError(f"There is no room for the split {split}.")
        self._shares = np.array(shares) / np.sum(shares)
        self._responses: dict[Clip, Audio] = {}

    def draw(self, rng: np.random.Generator) -> Room:
        """Draw a room, and two places in it."""
        clips = self._rooms[int(rng.choice(len(self._rooms), p=self._shares))]
        speech, noise = (self._response(clips[int(rng.integers(len(clips)))]) for _ in range(2))
        return Room(speech, noise, _early(speech, self._sample_rate), np.nan)

    def _response(self, clip: Clip) -> Audio:
        if clip not in self._responses:
            self._responses[clip] = _trim(read(clip.path, self._sample_rate)[0])
        return self._responses[clip]


def _early(response: Audio, sample_rate: int) -> Audio:
    """Keep what arrives within `EARLY_SECONDS` of the direct sound, and fade out."""
    cut = int(EARLY_SECONDS * sample_rate)
    fade = np.hanning(2 * (cut // 5))[cut // 5 :].astype(np.float32)
    early = response[: cut + len(fade)].copy()
    early[cut:] *= fade[: max(len(early) - cut, 0)]
    return fit(early, len(response))


def _trim(response: np.ndarray) -> Audio:
    """Start with the direct sound, end 60 dB below the peak, and scale to unit energy."""
    level = np.abs(response)
    start = int(np.argmax(level > 0.2 * level.max()))
    end = len(response) - int(np.argmax(level[::-1] > 1e-3 * level.max()))
    part = response[start:end]
    return np.asarray(part / np.sqrt(np.sum(part**2)), dtype=np.float32)
