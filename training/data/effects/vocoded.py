"""Recorded noise that moves as another one does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from training.audio import Audio
from training.data.effects.base import RecordedNoiseEffect
from training.data.state import Noise, State, power, unit
from training.packages import load_librosa
from training.tables import check_least


@dataclass(frozen=True, kw_only=True)
class Vocoded(RecordedNoiseEffect):
    """Recorded noise that moves, band by band, as another one: a channel vocoder (Dudley, "Remaking speech", 1939).

    Attributes
    ----------
    bands
        Number of bands of equal width on a logarithmic scale from 100 Hz.
    """

    kind = "vocoded"

    bands: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(2, bands=self.bands)

    def change(self, rng: np.random.Generator, noise: Noise, state: State) -> Audio:
        """Draw the other noise, and move as it does."""
        model = state.pools.draw_recorded(rng, state.noise_speeds)
        made = vocode(noise.audio, model.audio, state.rate, self.bands)
        if power(made) == 0:
            return noise.audio
        noise.name = f"{noise.name} as {model.name}"
        return unit(made)


def vocode(audio: Audio, model: Audio, sample_rate: int, bands: int = 20) -> Audio:
    """Give audio, in frames of about 20 ms, the power that another signal has in each band.

    Pitch and grain stay those of the audio.

    Parameters
    ----------
    audio, model : (samples,) float32
    sample_rate
        In Hz.
    bands
        Number of bands.

    Returns
    -------
    (samples,) float32
    """
    librosa = load_librosa()
    size = 1 << round(np.log2(0.02 * sample_rate))
    window = np.sqrt(signal.windows.hann(size, sym=False))
    edges = np.geomspace(100.0, sample_rate / 2, bands)[:-1] * (size / sample_rate)
    starts = np.unique(np.concatenate([[0], np.ceil(edges)])).astype(np.int64)
    # (bins, frames) each
    spectrum, moves = librosa.stft(np.stack([audio, model]), n_fft=size, hop_length=size // 2, window=window)
    widths = np.diff(np.append(starts, len(spectrum)))
    own, wanted = (np.add.reduceat(np.square(np.abs(each)), starts, axis=0) for each in (spectrum, moves))
    # What the audio has 60 dB below its loudest band and frame is no grain to play with.
    gains = np.sqrt(wanted / np.maximum(own, 1e-6 * own.max() + 1e-20))
    shaped = spectrum * np.repeat(gains, widths, axis=0)
    made = librosa.istft(shaped, hop_length=size // 2, window=window, length=audio.shape[-1])
    return np.asarray(made, dtype=np.float32)
