"""Mixtures of speech and noise, and the clean speech that a network should return for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.audio import Audio
from training.data.clips import Library
from training.data.corpora import SPLITS, Corpus, CorpusError
from training.data.mixing import Mixing
from training.data.pools import Pools
from training.data.rooms import RecordedRooms, RoomBank
from training.data.sampler import Sampler
from training.data.state import State


@dataclass(frozen=True)
class Mixture:
    """One training pair.

    Attributes
    ----------
    noisy, clean : (samples,) float32
        Full scale = 1. `clean` has the gain, colour, band and clipping of `noisy`; in taught mixtures it is a teacher's
        estimate.
    bandwidth_hz
        What `clean` holds above this frequency is unknown (its recording is of a lower rate): leave it out of the loss.
    snr_db
        Speech to noise, in dB; inf without noise, -inf without speech.
    speech, noise
        Names of the clips heard.
    effects
        Names of what was done.
    """

    noisy: Audio
    clean: Audio
    bandwidth_hz: float
    snr_db: float
    speech: tuple[str, ...]
    noise: tuple[str, ...]
    effects: tuple[str, ...]

    @classmethod
    def of(cls, state: State) -> Mixture:
        """Take what a state has become."""
        noisy, clean = state.noisy, state.target
        return cls(
            noisy,
            clean,
            float(state.bandwidth_hz),
            float(state.snr_db),
            state.speech_names,
            state.noise_names,
            tuple(state.effects),
        )


class Mixer:
    """Makes mixtures from one split of some corpora.

    Parameters
    ----------
    corpora
        By role: "speech" and "noise", and "music" and "room" where the mixing draws from them. Each is drawn from in
        proportion to its weight, whatever its size.
    mixing
        What to make.
    split
        "train", "dev" or "test".
    teaches
        Whether teachers may be asked: not when mixtures are made to validate on.

    Attributes
    ----------
    skipped : dict of str to str
        Clips that could not be used, and why.

    Raises
    ------
    CorpusError
        If no corpus of a role that the mixing draws from has a clip in the split.

    Examples
    --------
    >>> mixer = Mixer({"speech": [speech], "noise": [noise]}, mixing)  # doctest: +SKIP
    >>> mixer.mix(0).noisy.shape  # doctest: +SKIP
    (32000,)
    """

    def __init__(
        self, corpora: Mapping[str, Sequence[Corpus]], mixing: Mixing, split: str = "train", *, teaches: bool = True
    ) -> None:
        self.mixing = mixing
        rate = mixing.rate
        self._library = Library(rate, mixing.silence_top_db, mixing.cache_bytes)

        def sampler(role: str) -> Sampler:
            return Sampler(corpora.get(role, ()), split, self._library, rate, role)

        music = any(source.kind == "music" and source.share for source in mixing.sources)
        recorded = any(e.kind == "reverb" and e.probability and e.recorded for e in mixing.effects)  # type: ignore[attr-defined]
        if recorded and not corpora.get("room"):
            raise CorpusError("The mixing has recorded rooms, and there is no corpus whose role is room.")
        self._pools = Pools(
            rate=rate,
            samples=mixing.samples,
            speech=sampler("speech"),
            noise=sampler("noise"),
            music=sampler("music") if music else None,
            sources=mixing.sources,
            rooms=RoomBank(rate, mixing.rooms, SPLITS.index(split)),
            recorded_rooms=RecordedRooms(corpora["room"], split, rate) if recorded else None,
            pause_seconds=mixing.pause_seconds,
            noise_pause_seconds=mixing.noise_pause_seconds,
            teaches=teaches and split == "train",
        )

    @property
    def skipped(self) -> dict[str, str]:
        """Clips that could not be used, and why, by path."""
        return self._library.skipped

    def state(self, seed: int | Sequence[int] | np.random.Generator) -> State:
        """Make a mixture and leave its parts apart; the same seed gives the same samples.

        Parameters
        ----------
        seed
            Whatever `numpy.random.default_rng` takes, or a generator to go on with.

        Raises
        ------
        CorpusError
            If 100 clips in a row cannot be used.
        """
        rng = np.random.default_rng(seed)
        mixing = self.mixing
        kind = rng.random()
        state = State(
            mixing.rate,
            mixing.samples,
            self._pools,
            has_noise=bool(kind >= mixing.clean_only),
            has_speech=bool(kind < 1 - mixing.noise_only),
        )
        for effect in mixing.effects:
            effect(rng, state)
        return state

    def mix(self, seed: int | Sequence[int] | np.random.Generator) -> Mixture:
        """Make a mixture, as `state` does."""
        return Mixture.of(self.state(seed))
