"""Decoded clips, kept in memory as 16-bit samples."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training import audio as audio_io
from training.audio import Audio, AudioError
from training.data.corpora import Clip

log = logging.getLogger(__name__)

PART_SECONDS = 60.0
"""Longer files are read in parts of this length, so that an hour-long one needs no more memory."""

SHORTEST_SECONDS = 0.1
"""A clip of speech must hold this much sound."""

SHORTEST_NOISE_SECONDS = 0.02
"""A clip of noise must hold this much sound: a single click of a key is enough."""

PASSBAND = 0.95
"""Share of the band that resampling to a higher rate leaves as it was."""

SILENCE = 1e-4
"""A clip whose peak is lower (-80 dBFS) is silent."""


@dataclass(frozen=True)
class Sound:
    """A decoded clip.

    Attributes
    ----------
    pcm : (samples,) int16
        Its samples, scaled so that the loudest one uses the range well.
    scale
        Full-scale value of one step.
    rate
        In Hz: the file's own, or the library's if that is lower.
    bandwidth
        Highest frequency that it holds, in Hz; 0 where it was not asked for.
    """

    pcm: npt.NDArray[np.int16]
    scale: float
    rate: int
    bandwidth: float

    def part(self, start: int, stop: int) -> Audio:
        """Give samples `start` to `stop` as float32, full scale = 1."""
        return self.pcm[start:stop] * np.float32(self.scale)


class Library:
    """Reads clips, at most at `sample_rate`, and keeps the latest ones in memory.

    A clip, or part of a long one, that cannot be used is reported once by the log, remembered in `skipped`, and
    never read again.

    Parameters
    ----------
    sample_rate
        Clips of a higher rate are brought down to this one, in Hz.
    top_db
        Frames this far below the loudest one are cut out (`training.audio.without_silence`); None
        keeps them.
    max_bytes
        Memory for decoded clips.

    Attributes
    ----------
    skipped : dict of str to str
        Reason by path (of a part of a long file, and its minute).
    """

    def __init__(self, sample_rate: int, top_db: float | None, max_bytes: int) -> None:
        self._sample_rate = sample_rate
        self._top_db = top_db
        self._max_bytes = max_bytes
        self._bytes = 0
        self._sounds: OrderedDict[tuple[Path, int, bool], Sound] = OrderedDict()
        self._number: dict[Path, int] = {}
        self.skipped: dict[str, str] = {}

    def load(self, clip: Clip, rng: np.random.Generator, *, speech: bool) -> Sound | None:
        """Give a decoded clip (of a long file, a part at random), or None if it cannot be used.

        Parameters
        ----------
        clip
            The clip.
        rng
            Draws the part of a long file.
        speech
            Whether to measure the bandwidth.
        """
        name = str(clip.path)
        try:
            if name in self.skipped:
                return None
            parts = self._parts(clip.path)
            # Drawn whether the part is known to be unusable or not: what follows must not depend on what was heard.
            part = int(rng.integers(parts)) if parts > 1 else 0
            if parts > 1:
                name += f", minute {part + 1}"
            if name in self.skipped:
                return None
            return self._load(clip.path, part, parts, speech)
        except AudioError as error:
            self.skipped[name] = str(error)
            log.warning("Skipped: %s", error)
            return None

    def _parts(self, path: Path) -> int:
        """In how many parts a file is read."""
        if path not in self._number:
            header = audio_io.info(path)
            self._number[path] = max(1, round(header.frames / header.sample_rate / PART_SECONDS))
        return self._number[path]

    def _load(self, path: Path, part: int, parts: int, speech: bool) -> Sound:
        key = (path, part, speech)
        if key not in self._sounds:
            self._keep(key, self._decode(path, part, parts, speech))
        self._sounds.move_to_end(key)
        return self._sounds[key]

    def _decode(self, path: Path, part: int, parts: int, speech: bool) -> Sound:
        if parts > 1:
            rate = audio_io.info(path).sample_rate
            frames = int(PART_SECONDS * rate)
            # The last part holds the rest as well.
            audio, rate = audio_io.read(path, start=part * frames, frames=frames if part + 1 < parts else -1)
        else:
            audio, rate = audio_io.read(path)
        if rate > self._sample_rate:
            audio, rate = audio_io.resample(audio, rate, self._sample_rate), self._sample_rate
        peak = float(np.abs(audio).max(initial=0.0))
        if peak < SILENCE:
            raise AudioError(f"{path} is silent.")
        if self._top_db is not None:
            audio = audio_io.without_silence(audio, rate, self._top_db)
        shortest = SHORTEST_SECONDS if speech else SHORTEST_NOISE_SECONDS
        if len(audio) < shortest * rate:
            raise AudioError(f"{path} holds less than {shortest} s of sound.")
        band = audio_io.bandwidth(audio, rate) if speech else 0.0
        if rate < self._sample_rate:
            band = min(band, PASSBAND * rate / 2)
        scale = peak / 32767
        return Sound(np.round(audio / scale).astype(np.int16), scale, rate, band)

    def _keep(self, key: tuple[Path, int, bool], sound: Sound) -> None:
        self._sounds[key] = sound
        self._bytes += sound.pcm.nbytes
        while self._bytes > self._max_bytes and len(self._sounds) > 1:
            self._bytes -= self._sounds.popitem(last=False)[1].pcm.nbytes
