"""The state of a mixture while it is made: what effects act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.audio import Audio
from training.data import filters

if TYPE_CHECKING:
    from training.data.pools import Pools

SPEECH, NOISE, TARGET = 0, 1, 2
"""Rows of `State.stems`."""

ALL = (SPEECH, NOISE, TARGET)


@dataclass
class Noise:
    """One noise before it is mixed.

    Attributes
    ----------
    audio : (samples,) float32
        Of unit power.
    name
        What it is.
    recorded
        Whether it is a clip of a corpus, which effects on recorded noise change.
    """

    audio: Audio
    name: str
    recorded: bool


class State:
    """Speech, noise and the speech wanted back, on their way through the effects of a mixture.

    Parameters
    ----------
    rate
        In Hz.
    samples
        Length of the mixture.
    pools
        What effects draw from.
    has_speech, has_noise
        False in mixtures of noise or of speech alone.

    Attributes
    ----------
    noises : list of Noise
        Drawn and not yet added up; whatever touches `stems` adds them to a noise of unit power first.
    bandwidth_hz
        Above it nothing is known of the speech.
    snr_db
        Active power of the speech over power of the noise; inf without noise, -inf without speech.
    taught
        Whether the target is a teacher's estimate, which holds at this ratio of speech to noise only.
    speech_speed
        Factor by which clips of speech are played faster, pitch and all.
    noise_speeds
        Range of that factor for each recorded noise, drawn from on a logarithmic scale.
    effects : list of str
        Names of what was done.
    """

    def __init__(
        self, rate: int, samples: int, pools: Pools | None, *, has_speech: bool = True, has_noise: bool = True
    ) -> None:
        self.rate = rate
        self.samples = samples
        self.has_speech = has_speech
        self.has_noise = has_noise
        self.noises: list[Noise] = []
        self.bandwidth_hz = rate / 2
        self.snr_db = np.nan if has_speech and has_noise else np.inf if has_speech else -np.inf
        self.taught = False
        self.speech_speed = 1.0
        self.noise_speeds = (1.0, 1.0)
        self.speech_names: tuple[str, ...] = ()
        self._noise_names: tuple[str, ...] = ()
        self.effects: list[str] = []
        self._pools = pools
        self._stems = np.zeros((2, samples), np.float32)
        self._responses: dict[int, filters.Response] = {}

    @property
    def pools(self) -> Pools:
        """What effects draw from.

        Raises
        ------
        ValueError
            Of a mixture read from a bank, which has none.
        """
        if self._pools is None:
            raise ValueError("An effect that draws clips or rooms cannot be applied to mixtures of a bank.")
        return self._pools

    @property
    def noise_names(self) -> tuple[str, ...]:
        """Names of the noises heard."""
        self._add_up()
        return self._noise_names

    @property
    def stems(self) -> Audio:
        """Speech, noise and, where it differs from the speech, the target: (2 or 3, samples) float32."""
        self._settle()
        return self._stems

    @stems.setter
    def stems(self, stems: Audio) -> None:
        self._settle()
        self._stems = stems

    @property
    def speech(self) -> Audio:
        """Speech as the microphone hears it, (samples,)."""
        return np.asarray(self.stems[SPEECH])

    @property
    def noise(self) -> Audio:
        """Noise as the microphone hears it, (samples,)."""
        return np.asarray(self.stems[NOISE])

    @property
    def target(self) -> Audio:
        """Speech wanted back, (samples,)."""
        return np.asarray(self.stems[-1] if self.has_target else self.stems[SPEECH])

    @property
    def noisy(self) -> Audio:
        """The mixture, (samples,)."""
        return np.asarray(self.stems[SPEECH] + self.stems[NOISE])

    @property
    def has_target(self) -> bool:
        """Whether the target is not the speech itself."""
        return len(self._stems) > TARGET

    def put(self, row: int, audio: Audio) -> None:
        """Put another signal in the place of speech, noise or target."""
        stems = self.stems
        if row == TARGET and not self.has_target:
            self._stems = np.concatenate([stems, audio[None]])
        else:
            stems[row] = audio

    def shape(self, response: filters.Response, rows: tuple[int, ...] = ALL) -> None:
        """Filter some of the stems; filters that follow each other become one.

        Parameters
        ----------
        response : (frequencies,) float32
            As of `training.data.filters.grid`.
        rows
            Which stems: `SPEECH` (give `TARGET` with it), `NOISE`, or `ALL` by default.
        """
        self._add_up()
        for row in rows:
            self._responses[row] = self._responses.get(row, np.float32(1)) * response

    def scale(self, gain: float) -> None:
        """Multiply all stems."""
        self.stems *= np.float32(gain)

    def _settle(self) -> None:
        self._add_up()
        if not self._responses:
            return
        rows = [row for row in self._responses if row < len(self._stems)]
        responses = np.stack([self._responses[row] for row in rows])
        self._responses = {}
        self._stems[rows] = filters.filtered(self._stems[rows], responses, self.rate)

    def _add_up(self) -> None:
        if self.noises:
            self._stems[NOISE] = unit(np.sum([noise.audio for noise in self.noises], axis=0))
            self._noise_names = tuple(noise.name for noise in self.noises)
            self.noises = []


def power(audio: Audio) -> float:
    """Mean square."""
    return float(np.mean(np.square(audio)))


def unit(audio: Audio) -> Audio:
    """Scale to unit power; silence stays."""
    of_audio = power(audio)
    return np.asarray(audio / np.sqrt(of_audio) if of_audio > 0 else audio, dtype=np.float32)
