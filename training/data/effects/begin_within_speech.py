"""Mixtures that begin while somebody speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.data.effects.base import Effect
from training.data.state import SPEECH, State


@dataclass(frozen=True, kw_only=True)
class BeginWithinSpeech(Effect):
    """Let the mixture begin within speech, as a stream that is joined late does.

    The speech is turned so that a moment in which somebody speaks comes first; what was before it follows at the end.
    """

    kind = "begin_within_speech"
    before: ClassVar[tuple[str, ...]] = ("snr", "reverb")
    after: ClassVar[tuple[str, ...]] = ("speech",)
    needs_speech: ClassVar[bool] = True
    needs_clips: ClassVar[bool] = True

    def apply(self, rng: np.random.Generator, state: State) -> None:
        """Turn the speech."""
        speech = state.speech
        size = max(1, state.rate // 50)
        frames = speech[: len(speech) // size * size].reshape(-1, size)
        power = np.mean(np.square(frames), axis=1)
        if not len(power) or power.max() <= 0:
            return
        # Within 25 dB of the loudest 20 ms somebody speaks.
        start = int(rng.choice(np.flatnonzero(power >= 10**-2.5 * power.max()))) * size
        turned = np.roll(speech, -start)
        seam, fade = len(speech) - start, min(state.rate // 200, start, len(speech) - start)
        if fade:
            ramp = np.linspace(0, 1, fade, dtype=np.float32)
            turned[seam - fade : seam] *= ramp[::-1]
            turned[seam : seam + fade] *= ramp
        state.put(SPEECH, turned)
