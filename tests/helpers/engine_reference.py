"""The engine's signal path again, in SciPy, librosa and NumPy: what its output must be."""

import numpy as np
import scipy.signal

from speechenh_plugin.engine import Processor
from training.packages import load_librosa

RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000]


def hop_of(rate: int) -> int:
    return {8000: 64, 11025: 88, 16000: 128, 22050: 176, 44100: 352, 48000: 384, 96000: 768, 192000: 1536}[rate]


def noise(rate: int, seconds: float = 0.5, channels: int = 1) -> np.ndarray:
    return (0.1 * np.random.default_rng(5).standard_normal((channels, int(rate * seconds)))).astype(np.float32)


def spectra(x: np.ndarray, rate: int) -> np.ndarray:
    """librosa's STFT on the engine's grid, (frames, bins), a full-scale sine being 1; frame t ends with hop t."""
    hop = hop_of(rate)
    window = scipy.signal.get_window("hamming", 4 * hop)
    padded = np.pad(x.astype(np.float64), (3 * hop, 0))
    frames = load_librosa().stft(padded, n_fft=4 * hop, hop_length=hop, window=window, center=False)
    return frames.T * 2 / window.sum()


def resynthesised(frames: np.ndarray, rate: int) -> np.ndarray:
    hop = hop_of(rate)
    window = scipy.signal.get_window("hamming", 4 * hop)
    x = np.zeros((len(frames) + 3) * hop)
    weight = np.zeros_like(x)
    for t, frame in enumerate(np.fft.irfft(frames * window.sum() / 2)):
        x[t * hop : (t + 4) * hop] += frame * window
        weight[t * hop : (t + 4) * hop] += window**2
    return (x / np.maximum(weight, 1e-12))[3 * hop :]


def bands() -> np.ndarray:
    """Centres of the 129 bands: share of the ERB found by bisection so that the last is 24 kHz."""

    def spaced(share):
        f = [0.0]
        while len(f) < 129:
            f.append(f[-1] + max(31.25, share * 24.7 * (4.37 * f[-1] / 1000 + 1)))
        return np.array(f)

    low, high = 0.1, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if spaced(middle)[-1] < 24000 else (low, middle)
    assert 0.28 < low < 0.3
    return spaced(low)


def triangles(rate: int, centers: np.ndarray | None = None) -> np.ndarray:
    """Weights (band, bin) of bands with those centres, of the 129 if there are none given."""
    centers = bands() if centers is None else centers
    frequencies = np.arange(2 * hop_of(rate) + 1) * rate / (4 * hop_of(rate))
    return np.array([np.interp(frequencies, centers, row) for row in np.eye(len(centers))])


def processed(stream: Processor, x: np.ndarray, **controls) -> np.ndarray:
    """The aligned output, as long as the input."""
    padded = np.pad(x, ((0, 0), (0, stream.latency)))
    return stream.process(padded, **controls)[:, stream.latency :]


def expected_output(x: np.ndarray, rate: int, change) -> np.ndarray:
    """What a change of the spectra (frames, bins) gives, by SciPy and NumPy; as long as the input."""
    hop = hop_of(rate)
    padded = np.pad(x.astype(np.float64), (0, 4 * hop + -x.size % hop))
    return resynthesised(change(spectra(padded, rate)), rate)[: x.size]
