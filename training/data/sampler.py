"""Drawing sounds at random from several corpora."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from training.audio import Audio, active_power, amplitude, resample
from training.data.clips import SHORTEST_SECONDS, SILENCE, Library, Sound
from training.data.corpora import Clip, Corpus, CorpusError

TRIES = 100
"""Clips drawn in a row without success before a corpus counts as unusable."""

FADE_SECONDS = 0.02
"""Cross-fade where a short noise is repeated."""


class Sampler:
    """The clips of one split of some corpora, to draw from.

    Parameters
    ----------
    corpora
        Each is drawn from in proportion to its weight, whatever its size.
    split
        "train", "dev" or "test".
    library
        Decodes the clips.
    sample_rate
        Rate of what is drawn, in Hz.
    role
        "speech", "noise" or "music", for messages; the bandwidth of speech is measured.

    Raises
    ------
    CorpusError
        If no corpus has a clip in the split.
    """

    def __init__(
        self,
        corpora: Sequence[Corpus],
        split: str,
        library: Library,
        sample_rate: int,
        role: str,
    ) -> None:
        self._parts = [(corpus, corpus.clips(split)) for corpus in corpora]
        self._parts = [part for part in self._parts if len(part[1])]
        if not self._parts:
            names = ", ".join(corpus.name for corpus in corpora) or "no corpus"
            raise CorpusError(
                f"There is no {role} for the split {split} in {names}: all that it holds is in other splits. Tell more "
                "speakers apart (speaker = 'REGEX', on a command line folder:PATH?speaker=REGEX), or put files into "
                "folders called train, dev and test."
            )
        self._share = np.cumsum([corpus.weight for corpus, _ in self._parts])
        self._library = library
        self._sample_rate = sample_rate
        self._role = role

    def speech(
        self, rng: np.random.Generator, samples: int, pauses: tuple[float, float], speed: float
    ) -> tuple[Audio, tuple[str, ...], float]:
        """Draw a stretch of speech: one clip, and the next ones of its speaker while it is too short.

        Parameters
        ----------
        rng
            Draws everything.
        samples
            Length wanted.
        pauses
            Range of the pause before each clip, in seconds.
        speed
            How many times faster to play, pitch and all.

        Returns
        -------
        audio : (samples,) float32
        names : tuple of str
            Clips heard.
        bandwidth : float
            Highest frequency that every clip holds, in Hz.
        """
        for _ in range(TRIES):
            audio, names, bandwidth = self._speech(rng, samples, pauses, speed)
            if names:
                return audio, tuple(names), bandwidth
        raise CorpusError(f"{TRIES} stretches of {self._role} in a row were silent.")

    def noise(
        self, rng: np.random.Generator, samples: int, pauses: tuple[float, float], speed: float = 1.0
    ) -> tuple[Audio, str]:
        """Draw a stretch of one clip, repeated when it is too short.

        Parameters
        ----------
        rng
            Draws everything.
        samples
            Length wanted.
        pauses
            Range of the pause before each repetition of a clip shorter than a second, in seconds.
        speed
            How many times faster to play, pitch and all.

        Returns
        -------
        audio : (samples,) float32
        name : str
            Clip heard.
        """
        for _ in range(TRIES):
            corpus, clips, index, sound = self._draw(rng)
            piece = self._piece(rng, sound, samples, speed)
            if len(piece) < min(samples, self._sample_rate) and pauses[1] > 0:
                piece = self._scatter(rng, piece, samples, pauses)
            elif len(piece) < samples:
                piece = loop(piece, samples, int(rng.integers(len(piece))), self._sample_rate)
            if float(np.mean(np.square(piece))) > SILENCE**2:
                return piece, f"{corpus.name}/{clips[index].name}"
        raise CorpusError(f"{TRIES} stretches of {self._role} in a row were silent.")

    def _speech(
        self, rng: np.random.Generator, samples: int, pauses: tuple[float, float], speed: float
    ) -> tuple[Audio, list[str], float]:
        audio = np.zeros(samples, np.float32)
        names: list[str] = []
        bandwidth = self._sample_rate / 2
        power = 0.0
        corpus, clips, index, sound = self._draw(rng)
        at = min(self._pause(rng, pauses), samples // 2)
        while at < samples - SHORTEST_SECONDS * self._sample_rate:
            piece = self._piece(rng, sound, samples - at, speed, anywhere=not names)
            of_piece = active_power(piece, self._sample_rate)
            if of_piece > SILENCE**2:
                # Clips that are joined are brought to the level of the first one.
                power = power or of_piece
                audio[at : at + len(piece)] = _faded(piece, self._sample_rate) * np.float32(math.sqrt(power / of_piece))
                names.append(f"{corpus.name}/{clips[index].name}")
                bandwidth = min(bandwidth, sound.bandwidth * speed)
            at += len(piece) + self._pause(rng, pauses)
            corpus, clips, index, sound = self._draw(rng, after=(corpus, clips, index))
        return audio, names, bandwidth

    def _scatter(self, rng: np.random.Generator, event: Audio, samples: int, pauses: tuple[float, float]) -> Audio:
        """Repeat a short sound after pauses, each time at another level."""
        audio = np.zeros(samples, np.float32)
        at = int(rng.integers(samples // 4))
        while at < samples:
            part = event[: samples - at] * np.float32(amplitude(rng.uniform(-6.0, 0.0)))
            audio[at : at + len(part)] = part
            at += len(part) + self._pause(rng, pauses)
        return audio

    def _pause(self, rng: np.random.Generator, pauses: tuple[float, float]) -> int:
        return int(rng.uniform(*pauses) * self._sample_rate)

    def _draw(
        self, rng: np.random.Generator, after: tuple[Corpus, Sequence[Clip], int] | None = None
    ) -> tuple[Corpus, Sequence[Clip], int, Sound]:
        """Find a usable clip: the next one of the same speaker after another, else any."""
        if after is not None:
            corpus, clips, index = after
            if index + 1 < len(clips) and clips[index + 1].speaker == clips[index].speaker:
                sound = self._library.load(clips[index + 1], rng, speech=self._role == "speech")
                if sound is not None:
                    return corpus, clips, index + 1, sound
        for _ in range(TRIES):
            at = rng.random() * self._share[-1]
            corpus, clips = self._parts[int(np.searchsorted(self._share, at, side="right"))]
            index = int(rng.integers(len(clips)))
            sound = self._library.load(clips[index], rng, speech=self._role == "speech")
            if sound is not None:
                return corpus, clips, index, sound
        raise CorpusError(
            f"{TRIES} clips of {self._role} in a row could not be used, the last one of "
            f"{corpus.name}: the log says why."
        )

    def _piece(
        self,
        rng: np.random.Generator,
        sound: Sound,
        samples: int,
        speed: float,
        *,
        anywhere: bool = True,
    ) -> Audio:
        """At most `samples` of a clip at the sampler's rate, from `anywhere` or from its start."""
        rate = sound.rate * speed
        wanted = math.ceil(samples * rate / self._sample_rate) + 1
        spare = len(sound.pcm) - wanted
        start = int(rng.integers(spare + 1)) if anywhere and spare > 0 else 0
        return resample(sound.part(start, start + wanted), rate, self._sample_rate)[:samples]


def _faded(audio: Audio, sample_rate: int) -> Audio:
    """Fade in and out within 5 ms, so that a cut makes no click."""
    size = min(sample_rate // 200, len(audio) // 2)
    ramp = np.linspace(0, 1, size, dtype=np.float32)
    gain = np.ones(len(audio), np.float32)
    gain[:size], gain[len(gain) - size :] = ramp, ramp[::-1]
    return audio * gain


def loop(audio: Audio, samples: int, start: int, sample_rate: int) -> Audio:
    """Repeat a sound to a length, cross-faded where it begins again.

    Parameters
    ----------
    audio : (n,) float32
    samples
        Length wanted.
    start
        Sample to begin with.
    sample_rate
        In Hz.

    Returns
    -------
    (samples,) float32

    Examples
    --------
    >>> loop(np.ones(100, np.float32), 250, 30, 8000).min().round(3)
    1.0
    """
    fade = min(int(FADE_SECONDS * sample_rate), len(audio) // 2)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    period = audio[fade:].copy()
    period[len(period) - fade :] += ramp * (audio[:fade] - period[len(period) - fade :])
    return np.resize(np.roll(period, -start), samples)
