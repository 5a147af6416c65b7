"""Mixtures of speech and noise, and the clean speech that a network should return for them.

One core makes about 1,100 s of audio a second with `REFERENCE` and 150 s with `FULLBAND` (CPU time, clips decoded;
decoding them first takes a hundredth of their length).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from training.data import augment, deepfilternet
from training.data.audio import Audio, active_power, amplitude
from training.data.clips import Library
from training.data.corpora import SPLITS, Corpus
from training.data.rooms import RoomBank
from training.data.sampler import Deck

Range = tuple[float, float]

SPEED = (0.85, 1.2)
"""Range of the speed of the effect `speed`."""

CREATURE_SPEEDS = ((0.35, 0.5), (1.9, 3.2))
"""Ranges of the speed of voices that no human has."""

BABBLE_PAUSES = (0.0, 0.5)
"""Range of the pauses of each talker of a babble, in seconds."""

EXTENDED_HZ = 20000.0
"""Where the effect `extend` ends."""

TAUGHT_HZ = 8000
"""Where the effect `taught` ends: above it the teacher is further from clean speech than who it teaches."""

PEAK = 0.99
"""Greatest sample of a mixture: a louder one is turned down as a whole."""


@dataclass(frozen=True, kw_only=True)
class MixSettings:
    """How mixtures are made. The defaults are the reference recipe: 8 kHz, SNR 0 dB, nothing else.

    Ranges are drawn from uniformly. Names of effects hold the share of mixtures, 0 to 1, that
    get them.

    Attributes
    ----------
    sample_rate
        In Hz.
    seconds
        Length of a mixture.
    snr_db
        Range of the ratio of the speech's active power to the noise's power, in dB.
    level_dbfs
        Range of the mixture's active level, in dB below full scale; None leaves it as recorded.
    silence_top_db
        Frames of clips this far below their loudest one are cut out, as by librosa's split; None keeps pauses.
    pause_seconds
        Range of the pause before each clip of speech.
    noise_pause_seconds
        Range of the pause before each repetition of a noise shorter than a second (a key, a knock).
    clean_only, noise_only
        Shares of mixtures without noise and without speech.
    partial_noise
        Noise that begins or ends inside the mixture.
    synthetic, babble, cries, creatures, second_noise
        Noise made in code; noise of 3 to 8 talkers; made cries (`training.data.augment.cries`); voices so slow or fast, half
        of them backwards, that they might be any creature's; two noises at once.
    babble_voices
        Least and greatest number of talkers.
    steady
        Recorded noise made stationary, its spectrum kept.
    speed
        Speech played at 0.85 to 1.2 times its speed: other voices, of larger and smaller people.
    noise_speed
        Recorded noise played at another speed.
    noise_speeds
        Range of that speed, drawn from on a logarithmic scale.
    noise_reverse
        Recorded noise played backwards.
    noise_glide
        Recorded noise whose speed wanders.
    vocoded
        Recorded noise that moves, band by band, as another one does.
    extend
        Speech of a lower sampling rate given treble up to 20 kHz, copied from below: without it a network hears
        treble in noise only, and learns to delete it.
    speech_eq, noise_eq
        Colour given to speech or noise alone: shelves and a peak.
    mix_eq, mix_tilt
        Colour given to the whole mixture.
    reverb
        Speech and noise in a simulated room.
    early_target
        Whether the clean speech of a room holds early reflections only: the network
        learns to dry rooms. Else it keeps the room.
    rooms
        Number of simulated rooms.
    low_pass, low_pass_rates
        Mixtures brought down to one of these rates, in Hz, and back.
    telephone
        Mixtures in the telephone band.
    clip
        Mixtures clipped, with their clean speech, which a denoiser cannot mend.
    quantise
        Mixtures with the rounding of a codec, which is noise: the clean speech stays.
    taught
        Mixtures to train on whose clean speech is what another network makes of them (`training.data.deepfilternet`) before
        microphone, recorder and line, up to `TAUGHT_HZ`, and where that is nearer to the clean speech than the mixture.
    cache_bytes
        Memory for decoded clips.

    Examples
    --------
    >>> MixSettings(snr_db=(-5, 20), reverb=0.3).sample_rate
    8000
    """

    sample_rate: int = 8000
    seconds: float = 4.0
    snr_db: Range = (0.0, 0.0)
    level_dbfs: Range | None = None
    silence_top_db: float | None = 20.0
    pause_seconds: Range = (0.0, 0.0)
    noise_pause_seconds: Range = (0.0, 0.0)
    clean_only: float = 0.0
    noise_only: float = 0.0
    partial_noise: float = 0.0
    synthetic: float = 0.0
    babble: float = 0.0
    cries: float = 0.0
    creatures: float = 0.0
    babble_voices: tuple[int, int] = (3, 8)
    second_noise: float = 0.0
    steady: float = 0.0
    speed: float = 0.0
    noise_speed: float = 0.0
    noise_speeds: Range = (0.7, 1.4)
    noise_reverse: float = 0.0
    noise_glide: float = 0.0
    vocoded: float = 0.0
    extend: float = 0.0
    speech_eq: float = 0.0
    noise_eq: float = 0.0
    mix_eq: float = 0.0
    mix_tilt: float = 0.0
    reverb: float = 0.0
    early_target: bool = False
    rooms: int = 64
    low_pass: float = 0.0
    low_pass_rates: tuple[int, ...] = (8000, 11025, 16000, 22050, 32000, 44100)
    telephone: float = 0.0
    clip: float = 0.0
    quantise: float = 0.0
    taught: float = 0.0
    cache_bytes: int = 1 << 30

    def __post_init__(self) -> None:
        if self.sample_rate < 4000:
            raise ValueError(f"sample_rate is {self.sample_rate} Hz; it must be at least 4000.")
        if not 0 < self.seconds < math.inf:
            raise ValueError(f"seconds is {self.seconds}; it must be greater than 0, and finite.")
        if self.clean_only + self.noise_only > 1:
            raise ValueError("clean_only and noise_only together must not exceed 1.")
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; a share is 0 to 1.")
        for name in ("snr_db", "level_dbfs", "pause_seconds", "noise_pause_seconds", "babble_voices", "noise_speeds"):
            limits = getattr(self, name)
            if limits is not None and (len(limits) != 2 or not -math.inf < limits[0] <= limits[1] < math.inf):
                raise ValueError(f"{name} is {limits}; a range is two finite numbers, the lower first.")
        if self.noise_speeds[0] <= 0:
            raise ValueError(f"noise_speeds is {self.noise_speeds}; a speed must be greater than 0.")

    @property
    def samples(self) -> int:
        """Length of a mixture in samples."""
        return round(self.seconds * self.sample_rate)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> MixSettings:
        """Make settings from a TOML table or JSON object; lists become tuples."""
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                raise ValueError(f"There is no mixing setting {name!r}.")
        given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """Give the settings as plain values, for JSON."""
        return asdict(self)


_SHARES = (
    "clean_only",
    "noise_only",
    "partial_noise",
    "synthetic",
    "babble",
    "cries",
    "creatures",
    "second_noise",
    "steady",
    "speed",
    "noise_speed",
    "noise_reverse",
    "noise_glide",
    "vocoded",
    "extend",
    "speech_eq",
    "noise_eq",
    "mix_eq",
    "mix_tilt",
    "reverb",
    "low_pass",
    "telephone",
    "clip",
    "quantise",
    "taught",
)

REFERENCE = MixSettings()
"""The seed's recipe: 8 kHz, silence cut out, SNR 0 dB."""

FULLBAND = MixSettings(
    sample_rate=48000,
    snr_db=(-10.0, 30.0),
    level_dbfs=(-45.0, -12.0),
    silence_top_db=None,
    pause_seconds=(0.0, 0.8),
    noise_pause_seconds=(0.0, 0.6),
    clean_only=0.04,
    noise_only=0.04,
    partial_noise=0.1,
    synthetic=0.15,
    babble=0.12,
    cries=0.03,
    creatures=0.05,
    second_noise=0.25,
    steady=0.2,
    speed=0.3,
    noise_speed=0.4,
    noise_reverse=0.3,
    noise_glide=0.1,
    vocoded=0.1,
    extend=0.5,
    speech_eq=0.3,
    noise_eq=0.4,
    mix_eq=0.2,
    mix_tilt=0.3,
    reverb=0.3,
    low_pass=0.3,
    telephone=0.05,
    clip=0.03,
    quantise=0.04,
)
"""The flagship's recipe: 48 kHz, with everything that variety needs."""


@dataclass(frozen=True)
class Mixture:
    """One training pair.

    Attributes
    ----------
    noisy, clean : (samples,) float32
        Full scale = 1. `clean` has the gain, colour, band and clipping of `noisy`; in taught mixtures it is a
        network's estimate.
    bandwidth_hz
        What `clean` holds above this frequency is unknown (its recording is of a lower
        rate): leave it out of the loss.
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


class Mixer:
    """Makes mixtures from one split of some corpora.

    Parameters
    ----------
    speech, noise
        Corpora; each is drawn from in proportion to its weight, whatever its size.
    settings
        What to make.
    split
        "train", "dev" or "test".

    Attributes
    ----------
    skipped : dict of str to str
        Clips that could not be used, and why.

    Raises
    ------
    CorpusError
        If no corpus of speech, or none of noise, has a clip in the split.

    Examples
    --------
    >>> mixer = Mixer([parse("folder:speech")], [parse("folder:noise")])  # doctest: +SKIP
    >>> mixer.mix(0).noisy.shape  # doctest: +SKIP
    (32000,)
    """

    def __init__(
        self,
        speech: Sequence[Corpus],
        noise: Sequence[Corpus],
        settings: MixSettings = REFERENCE,
        split: str = "train",
    ) -> None:
        self.settings = settings
        rate = settings.sample_rate
        self._library = Library(rate, settings.silence_top_db, settings.cache_bytes)
        self._speech = Deck(speech, split, self._library, rate, "speech")
        self._noise = Deck(noise, split, self._library, rate, "noise")
        self._rooms = RoomBank(settings.sample_rate, settings.rooms, SPLITS.index(split))
        self._teaches = split == "train" and settings.taught > 0

    @property
    def skipped(self) -> dict[str, str]:
        """Clips that could not be used, and why, by path."""
        return self._library.skipped

    def mix(self, seed: int | Sequence[int] | np.random.Generator) -> Mixture:
        """Make a mixture; the same seed gives the same samples.

        Parameters
        ----------
        seed
            Whatever `numpy.random.default_rng` takes, or a generator to go on with.

        Returns
        -------
        Mixture

        Raises
        ------
        CorpusError
            If 100 clips in a row cannot be used.
        """
        draw = _Draw(np.random.default_rng(seed), self.settings)
        kind = draw.rng.random()
        clean_only = bool(kind < self.settings.clean_only)
        noise_only = bool(kind >= 1 - self.settings.noise_only)

        speech, speech_names, bandwidth = self._voice(draw, silent=noise_only)
        noise, noise_names = self._background(draw, silent=clean_only)
        speech, target, noise = self._in_room(draw, speech, noise)
        if clean_only or noise_only:
            snr_db = np.inf if clean_only else -np.inf
        else:
            snr_db = draw.rng.uniform(*self.settings.snr_db)
            ratio = active_power(speech, self.settings.sample_rate) / _power(noise)
            noise = noise * np.float32(np.sqrt(ratio) * amplitude(-snr_db))
            if draw.chance("partial_noise"):
                noise = noise * _gate(draw.rng, len(noise), self.settings.sample_rate)
            if self._teaches and draw.chance("taught"):
                target = self._taught(speech + noise, target)
        noisy, clean = self._device(draw, np.stack([speech + noise, target]))
        return Mixture(noisy, clean, bandwidth, float(snr_db), speech_names, noise_names, tuple(draw.effects))

    def _voice(self, draw: _Draw, *, silent: bool) -> tuple[Audio, tuple[str, ...], float]:
        """Speech, the clips in it, and its bandwidth in Hz."""
        s = self.settings
        if silent:
            return np.zeros(s.samples, np.float32), (), s.sample_rate / 2
        speed = draw.rng.uniform(*SPEED) if draw.chance("speed") else 1.0
        speech, names, bandwidth = self._speech.speech(draw.rng, s.samples, s.pause_seconds, speed)
        if bandwidth < min(EXTENDED_HZ, s.sample_rate / 2) and draw.chance("extend"):
            speech = augment.extend_band(draw.rng, speech, s.sample_rate, bandwidth)
            bandwidth = min(EXTENDED_HZ, s.sample_rate / 2)
        if draw.chance("speech_eq"):
            speech = augment.equalise(draw.rng, speech, s.sample_rate)
        return speech, names, bandwidth

    def _background(self, draw: _Draw, *, silent: bool) -> tuple[Audio, tuple[str, ...]]:
        """Noise of unit power, and what is in it."""
        s = self.settings
        if silent:
            return np.zeros(s.samples, np.float32), ()
        noise, name = self._one_noise(draw)
        names: tuple[str, ...] = (name,)
        if draw.chance("second_noise"):
            other, name = self._one_noise(draw)
            noise = noise + other * np.float32(amplitude(draw.rng.uniform(-12.0, 0.0)))
            names += (name,)
        if draw.chance("noise_eq"):
            noise = augment.equalise(draw.rng, noise, s.sample_rate)
        return noise, names

    def _one_noise(self, draw: _Draw) -> tuple[Audio, str]:
        """Noise of unit power made in code, of voices, or from a corpus."""
        s = self.settings
        kinds = (self._synthetic, self._babble, self._cries, self._creature)
        ends = np.cumsum((s.synthetic, s.babble, s.cries, s.creatures))
        kind = int(np.searchsorted(ends, draw.rng.random(), side="right"))
        return kinds[kind](draw.rng) if kind < len(kinds) else self._recorded(draw)

    def _synthetic(self, rng: np.random.Generator) -> tuple[Audio, str]:
        source = augment.SOURCES[int(rng.integers(len(augment.SOURCES)))]
        return source(rng, self.settings.samples, self.settings.sample_rate), f"synthetic/{source.__name__}"

    def _babble(self, rng: np.random.Generator) -> tuple[Audio, str]:
        s = self.settings
        voices = int(rng.integers(s.babble_voices[0], s.babble_voices[1] + 1))
        noise = np.zeros(s.samples, np.float32)
        for _ in range(voices):
            voice, _, _ = self._speech.speech(rng, s.samples, BABBLE_PAUSES, 1.0)
            noise += voice * np.float32(amplitude(rng.uniform(-9, 0)) / _rms(voice))
        return noise / _rms(noise), f"babble/{voices}"

    def _cries(self, rng: np.random.Generator) -> tuple[Audio, str]:
        return augment.cries(rng, self.settings.samples, self.settings.sample_rate), "cries"

    def _creature(self, rng: np.random.Generator) -> tuple[Audio, str]:
        s = self.settings
        speed = rng.uniform(*CREATURE_SPEEDS[int(rng.integers(len(CREATURE_SPEEDS)))])
        voice, _, _ = self._speech.speech(rng, s.samples, s.noise_pause_seconds, speed)
        return voice[:: rng.choice((1, -1))] / _rms(voice), "creature"

    def _recorded(self, draw: _Draw) -> tuple[Audio, str]:
        s = self.settings
        noise, name = self._clip_of_noise(draw)
        if draw.chance("vocoded"):
            model, of_model = self._clip_of_noise(draw)
            vocoded = augment.vocode(noise, model, s.sample_rate)
            if _power(vocoded) > 0:
                noise, name = vocoded, f"{name} as {of_model}"
        if draw.chance("steady"):
            noise = augment.steady(draw.rng, noise, s.sample_rate)
        return noise / _rms(noise), name

    def _clip_of_noise(self, draw: _Draw) -> tuple[Audio, str]:
        """Noise from a corpus, played at the speed and in the direction that chance has it."""
        s = self.settings
        speed = augment.log_uniform(draw.rng, *s.noise_speeds) if draw.chance("noise_speed") else 1.0
        noise, name = self._noise.noise(draw.rng, s.samples, s.noise_pause_seconds, speed)
        if draw.chance("noise_reverse"):
            noise = noise[::-1]
        if draw.chance("noise_glide"):
            noise = augment.glide(draw.rng, noise, s.sample_rate)
        return noise, name

    def _in_room(self, draw: _Draw, speech: Audio, noise: Audio) -> tuple[Audio, Audio, Audio]:
        """Speech, the speech wanted back, and noise, as a room has them."""
        if not draw.chance("reverb"):
            return speech, speech, noise
        room = self._rooms.draw(draw.rng)
        if draw.rng.random() < 0.5:  # else a noise recorded with the room in it
            noise = augment.convolve(noise, room.noise)
        if not self.settings.early_target:
            speech = augment.convolve(speech, room.speech)
            return speech, speech, noise
        speech, early = augment.convolve(speech, np.stack([room.speech, room.early]))
        return speech, early, noise

    def _taught(self, mixed: Audio, clean: Audio) -> Audio:
        """Give the teacher's estimate up to `TAUGHT_HZ`, clean speech above; where that is no better, all clean."""
        rate = self.settings.sample_rate
        error = deepfilternet.clean(mixed, rate) - clean
        if _power(error) >= _power(mixed - clean):
            return clean
        return clean + augment.band_of(2 * TAUGHT_HZ, error, rate)

    def _device(self, draw: _Draw, pair: Audio) -> Audio:
        """Do to (noisy, clean) what microphone, recorder and line do."""
        s, rng = self.settings, draw.rng
        if draw.chance("mix_eq"):
            pair = augment.equalise(rng, pair, s.sample_rate)
        if draw.chance("mix_tilt"):
            pair = augment.tilt(rng, pair, s.sample_rate)
        if draw.chance("telephone"):
            pair = augment.telephone(rng, pair, s.sample_rate)
        if s.level_dbfs is not None:
            power = active_power(pair[0], s.sample_rate)
            if power > 0:
                pair = pair * np.float32(amplitude(rng.uniform(*s.level_dbfs)) / np.sqrt(power))
        if draw.chance("clip"):
            pair = augment.clip(rng, pair, s.sample_rate)
        # After clipping, as a slower recorder's filter cuts what clipping adds above its band.
        if draw.chance("low_pass"):
            pair = augment.low_pass(rng, pair, s.sample_rate, s.low_pass_rates)
        pair = pair / max(np.float32(1), np.abs(pair).max() / np.float32(PEAK))
        if draw.chance("quantise"):
            pair[0] = augment.quantise(rng, pair[0], s.sample_rate)
        return pair


class _Draw:
    """A generator, and the effects that chance has chosen with it."""

    def __init__(self, rng: np.random.Generator, settings: MixSettings) -> None:
        self.rng = rng
        self.effects: list[str] = []
        self._settings = settings

    def chance(self, effect: str) -> bool:
        """Whether this mixture gets the effect."""
        drawn = bool(self.rng.random() < getattr(self._settings, effect))
        if drawn:
            self.effects.append(effect)
        return drawn


def _power(audio: Audio) -> float:
    return float(np.mean(np.square(audio)))


def _rms(audio: Audio) -> np.float32:
    return np.float32(np.sqrt(_power(audio)))


def _gate(rng: np.random.Generator, samples: int, sample_rate: int) -> Audio:
    """Gain that rises from 0 to 1, or falls, somewhere inside, within 5 to 500 ms."""
    start = rng.uniform(0.2, 0.8) * samples
    ramp = augment.log_uniform(rng, 0.005, 0.5) * sample_rate
    gain = np.clip((np.arange(samples) - start) / ramp, 0, 1)
    return np.asarray(gain if rng.random() < 0.5 else 1 - gain, dtype=np.float32)
