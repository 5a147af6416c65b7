"""Treble for speech that has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import fft

from training.audio import Audio, amplitude
from training.data.effects.base import Effect
from training.data.state import SPEECH, State
from training.tables import Range, check_least, check_range


@dataclass(frozen=True, kw_only=True)
class ExtendBand(Effect):
    """Give speech of a lower sampling rate the treble that it lacks.

    Without it a network hears treble in noise only, and learns to delete it. The upper half of the band is copied
    upwards again and again (the idea of spectral band replication): treble that comes and goes with the consonants.

    Attributes
    ----------
    end_hz
        Where the copies end.
    first_db
        Range of the level of the first copy beside what it is made of; the default is what voices recorded at 44.1 and
        48 kHz show.
    step_db
        Range of the level of each further copy beside the one before.
    """

    kind = "extend_band"
    before: ClassVar[tuple[str, ...]] = ("snr",)
    after: ClassVar[tuple[str, ...]] = ("speech",)
    needs_speech: ClassVar[bool] = True
    needs_clips: ClassVar[bool] = True

    end_hz: float = 20000.0
    first_db: Range = (-10.0, 6.0)
    step_db: Range = (-13.0, -1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(first_db=self.first_db, step_db=self.step_db)
        check_least(1000, end_hz=self.end_hz)

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Extend the speech, where its band ends below `end_hz` and half the rate."""
        end_hz = min(self.end_hz, state.rate / 2)
        if state.bandwidth_hz >= end_hz:
            return
        state.put(SPEECH, self.extended(rng, state.speech, state.rate, state.bandwidth_hz))
        state.bandwidth_hz = end_hz

    def extended(self, rng: np.random.Generator, audio: Audio, rate: int, bandwidth_hz: float) -> Audio:
        """Copy the upper half of the band upwards; (samples,) float32."""
        samples = audio.shape[-1]
        size = fft.next_fast_len(samples, real=True)
        spectrum = fft.rfft(audio, size)
        bins_a_hz = size / rate
        end = int(0.97 * bandwidth_hz * bins_a_hz)
        start = end // 2
        top = min(int(self.end_hz * bins_a_hz), len(spectrum))
        source = spectrum[start:end] * amplitude(rng.uniform(*self.first_db))
        spectrum[end:] = 0
        for low in range(end, top, max(end - start, 1)):
            high = min(low + end - start, top)
            spectrum[low:high] = source[: high - low]
            source = source * amplitude(rng.uniform(*self.step_db))
        return np.asarray(fft.irfft(spectrum, size)[:samples], dtype=np.float32)
