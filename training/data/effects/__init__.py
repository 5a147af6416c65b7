"""Effects: one a file, one line each in `EFFECTS`."""

from training.data.effects.base import Effect
from training.data.effects.begin_within_speech import BeginWithinSpeech
from training.data.effects.clip import Clip
from training.data.effects.colour import Colour
from training.data.effects.extend_band import ExtendBand
from training.data.effects.gain import Gain
from training.data.effects.level import Level
from training.data.effects.low_pass import LowPass
from training.data.effects.noise import Noise
from training.data.effects.noise_glide import NoiseGlide
from training.data.effects.noise_reverse import NoiseReverse
from training.data.effects.noise_speed import NoiseSpeed
from training.data.effects.partial_noise import PartialNoise
from training.data.effects.peak import Peak
from training.data.effects.quantise import Quantise
from training.data.effects.reverb import Reverb
from training.data.effects.second_noise import SecondNoise
from training.data.effects.snr import Snr
from training.data.effects.speech import Speech
from training.data.effects.speed import Speed
from training.data.effects.steady import Steady
from training.data.effects.taught import Taught
from training.data.effects.telephone import Telephone
from training.data.effects.tilt import Tilt
from training.data.effects.vocoded import Vocoded

EFFECTS: dict[str, type[Effect]] = {
    effect.kind: effect
    for effect in (
        BeginWithinSpeech,
        Clip,
        Colour,
        ExtendBand,
        Gain,
        Level,
        LowPass,
        Noise,
        NoiseGlide,
        NoiseReverse,
        NoiseSpeed,
        PartialNoise,
        Peak,
        Quantise,
        Reverb,
        SecondNoise,
        Snr,
        Speech,
        Speed,
        Steady,
        Taught,
        Telephone,
        Tilt,
        Vocoded,
    )
}
"""Effects by the names that recipes call them."""

__all__ = ["EFFECTS", "Effect"]
