"""Loudness of a programme, measured and set block by block."""

import math
import tempfile
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyloudnorm
import scipy.ndimage
import scipy.signal

from .audio import layout

Audio = npt.NDArray[np.float32]

TRUE_PEAK_DB = -1.5
"""Ceiling of the true peak in dB of full scale: half a dB, for lossy codecs, below the -1 that platforms ask for."""

MOST_GAIN_DB = 40.0
"""The most that a programme is made louder by; what is fainter holds no speech."""

_LAYOUTS = {4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x70F, 8: 0x63F}
"""Layouts that are taken for what tells none."""
_CLOSE_ENOUGH = 0.05  # LU
_TOLERANCE = 0.2  # LU, as EBU R 128 allows
_MOST_PASSES = 5
_CHUNK = 65536
_REACH = 16  # samples on either side from which a value between two samples is computed
_RAMP = 0.015  # seconds in which the limiter's gain falls, and rises


class Meter:
    """Measures integrated loudness after ITU-R BS.1770-4 in constant memory.

    The weighting filters are pyloudnorm's, so is the result but for the rounding of block borders.

    Parameters
    ----------
    sample_rate : float
        In Hz.
    channels : int
        Number of channels.
    mask : int, optional
        Loudspeakers of the channels, as in `audio.layout`. By default four channels are two in front and two at the
        sides, six are 5.1, seven 6.1 and eight 7.1.

    Examples
    --------
    >>> meter = Meter(48000, 2)
    >>> meter.add(np.zeros((2, 48000), np.float32))
    >>> meter.loudness
    -inf
    """

    def __init__(self, sample_rate: float, channels: int, mask: int | None = None) -> None:
        self._rate = sample_rate
        self._filters = [
            (stage.passband_gain * stage.b, stage.a) for stage in pyloudnorm.Meter(sample_rate)._filters.values()
        ]
        self._states = [np.zeros((channels, max(len(a), len(b)) - 1)) for b, a in self._filters]
        self._weights = _weights(channels, mask if layout.fits(mask, channels) else _LAYOUTS.get(channels))
        self._position = 0
        self._energy = 0.0  # of the tenth of a second that is not complete
        self._tenths: list[float] = []

    def add(self, block: Audio) -> None:
        """Hear more.

        Parameters
        ----------
        block : np.ndarray [shape=(channels, samples)]
        """
        heard = np.asarray(block, np.float64)
        for index, (b, a) in enumerate(self._filters):
            heard, self._states[index] = scipy.signal.lfilter(b, a, heard, zi=self._states[index])
        sums = np.concatenate([[0.0], np.cumsum(self._weights @ np.square(heard))])
        start = 0
        while (end := self._border(len(self._tenths) + 1) - self._position) < len(sums):
            self._tenths.append(self._energy + sums[end] - sums[start])
            self._energy, start = 0.0, end
        self._energy += sums[-1] - sums[start]
        self._position += block.shape[1]

    @property
    def loudness(self) -> float:
        """In LUFS; minus infinity where nothing is as loud as -70 LUFS, or it is shorter than 0.4 s."""
        if len(self._tenths) < 4:
            return -math.inf
        blocks = np.convolve(self._tenths, np.ones(4), "valid") / (0.4 * self._rate)
        gated = blocks[_lufs(blocks) > -70]
        if len(gated):
            gated = gated[_lufs(gated) > _lufs(gated.mean()) - 10]
        return float(_lufs(gated.mean())) if len(gated) else -math.inf

    def _border(self, tenth: int) -> int:
        return math.floor(tenth * self._rate / 10)


def _weights(channels: int, mask: int | None) -> npt.NDArray[np.float64]:
    """Return the weights of channels (BS.1770-4, table 4): none of a subwoofer's, 1.41 at 60 to 120 degrees."""
    if mask is None:
        return np.ones(channels)
    names = layout.to_names(mask).split("+")
    aside = ("SL", "SR") if "SL" in names else ("BL", "BR")  # the rear ones of 7.1 are beyond
    return np.array([0.0 if name == "LFE" else 1.41 if name in aside else 1.0 for name in names])


def true_peaks(audio: Audio, sample_rate: float) -> npt.NDArray[np.float64]:
    """Estimate the peak of the continuous signal from each sample to the next (ITU-R BS.1770-4, annex 2).

    Parameters
    ----------
    audio : np.ndarray [shape=(channels, samples)]
    sample_rate : float
        In Hz: four values a sample below 96 kHz, two below 192 kHz, one above.

    Returns
    -------
    np.ndarray [shape=(samples,)]
        The largest of all channels, 1 for full scale.
    """
    factor = 4 if sample_rate < 96000 else 2 if sample_rate < 192000 else 1
    if factor == 1 or not audio.shape[1]:
        return np.asarray(np.abs(audio).max(axis=0, initial=0), np.float64)
    kernel = factor * scipy.signal.firwin(2 * _REACH * factor + 1, 1 / factor, window=("kaiser", 8.0))
    dense = scipy.signal.upfirdn(kernel, audio, up=factor, axis=1)[:, _REACH * factor :]
    size = audio.shape[1] * factor
    dense = np.pad(dense[:, :size], ((0, 0), (0, max(0, size - dense.shape[1]))))
    between = np.abs(dense).reshape(len(audio), -1, factor).max(axis=(0, 2))
    return np.asarray(np.maximum(between, np.abs(audio).max(axis=0)), np.float64)


def limit(audio: Audio, sample_rate: float, ceiling: float) -> Audio:
    """Let no true peak pass a ceiling.

    The gain falls in 15 ms before a peak and rises in 15 ms behind it, alike in all channels: the least gain within
    reach, smoothed over as long a reach.

    Parameters
    ----------
    audio : np.ndarray [shape=(channels, samples)]
    sample_rate : float
        In Hz.
    ceiling : float
        1 for full scale.

    Returns
    -------
    np.ndarray [shape as the input, dtype=float32]
        Samples within `margin` of the ends do not know what follows.
    """
    wanted = np.minimum(1.0, ceiling / np.maximum(true_peaks(audio, sample_rate), 1e-9))
    if wanted.min(initial=1.0) == 1.0:
        return audio
    reach = round(_RAMP * sample_rate)
    least = scipy.ndimage.minimum_filter1d(wanted, 2 * reach + 1, mode="nearest")
    window = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(least, reach, mode="edge")
    gain = scipy.signal.oaconvolve(padded, window / window.sum(), "valid")
    return np.asarray(audio * np.minimum(gain, wanted), np.float32)


def margin(sample_rate: float) -> int:
    """How many samples before and behind a sample bear on what `limit` makes of it."""
    return 2 * round(_RAMP * sample_rate) + 2 * _REACH


def levelled(
    blocks: Iterator[Audio],
    sample_rate: float,
    channels: int,
    target: float,
    *,
    mask: int | None = None,
    folder: str | None = None,
    tell: Callable[[float], None] | None = None,
) -> Iterator[Audio]:
    """Bring a programme to a loudness; its true peaks stay below `TRUE_PEAK_DB`.

    It is measured as a whole before the first sample is given, and lies on disk meanwhile: four bytes a sample.

    Parameters
    ----------
    blocks : iterator of np.ndarray [shape=(channels, any number of samples)]
        The programme.
    sample_rate : float
        In Hz.
    channels : int
        Number of channels.
    target : float
        In LUFS.
    mask : int, optional
        Loudspeakers of the channels, as of `Meter`.
    folder : str, optional
        Where it lies; by default where temporary files do.
    tell : callable, optional
        Called with the seconds that are measured.

    Yields
    ------
    np.ndarray [shape=(channels, samples), dtype=float32]

    Raises
    ------
    ValueError
        If it is too short or too faint to be speech, or its peaks do not let it become so loud.
    OSError
        If the folder has too little space.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        programme = _Programme(file, sample_rate, channels)
        meter = Meter(sample_rate, channels, mask)
        for block in blocks:
            programme.append(block)
            meter.add(block)
            if tell is not None:
                tell(programme.frames / sample_rate)
        gain_db = target - meter.loudness
        if not gain_db <= MOST_GAIN_DB:
            raise ValueError(
                f"it holds no speech that could be brought to {target:g} LUFS: it is too faint, or too short"
            )
        step, reached, slope = 0.0, target, 1.0  # without a limiter a dB more gain is a dB more loudness
        best, least = gain_db, math.inf
        for _ in range(_MOST_PASSES):
            if not programme.needs_limit(gain_db):
                best, least = gain_db, 0.0
                break
            meter = Meter(sample_rate, channels, mask)
            for block in programme.blocks(gain_db):
                meter.add(block)
                if tell is not None:
                    tell(programme.frames / sample_rate)
            missing = target - meter.loudness
            if abs(missing) < abs(least):
                best, least = gain_db, missing
            if abs(missing) < _CLOSE_ENOUGH:
                break
            if reached != target:
                slope = min(1.0, max(0.1, (meter.loudness - reached) / step))
            reached, step = meter.loudness, missing / slope
            gain_db = min(gain_db + step, MOST_GAIN_DB)
        if least > _TOLERANCE:
            raise ValueError(
                f"it cannot be brought to {target:g} LUFS below {TRUE_PEAK_DB:g} dB of true peak: its peaks leave "
                f"{target - least:.1f} LUFS; choose a lower loudness"
            )
        yield from programme.blocks(best)


class _Programme:
    """Audio on disk that is read with a gain and below the ceiling."""

    def __init__(self, file: BinaryIO, sample_rate: float, channels: int) -> None:
        self._file, self._rate, self._channels = file, sample_rate, channels
        self._ceiling = 10 ** (TRUE_PEAK_DB / 20)
        self._peak = 0.0
        self.frames = 0

    def append(self, block: Audio) -> None:
        self._file.write(np.ascontiguousarray(block.T, np.float32).tobytes())
        self.frames += block.shape[1]
        self._peak = max(self._peak, float(np.abs(block).max(initial=0)))

    def needs_limit(self, gain_db: float) -> bool:
        """Whether a peak may pass the ceiling; between samples it is at most a few dB above them."""
        return self._peak * 10 ** ((gain_db + 6) / 20) > self._ceiling

    def blocks(self, gain_db: float) -> Iterator[Audio]:
        gain, reach = np.float32(10 ** (gain_db / 20)), margin(self._rate)
        for start in range(0, self.frames, _CHUNK):
            end = min(start + _CHUNK, self.frames)
            before, behind = min(reach, start), min(reach, self.frames - end)
            audio = gain * self._read(start - before, end + behind)
            if self.needs_limit(gain_db):
                audio = limit(audio, self._rate, self._ceiling)
            yield audio[:, before : before + end - start]

    def _read(self, start: int, end: int) -> Audio:
        size = 4 * self._channels
        self._file.seek(start * size)
        frames = np.frombuffer(self._file.read((end - start) * size), np.float32)
        return np.ascontiguousarray(frames.reshape(-1, self._channels).T)


def _lufs(energy: npt.NDArray[np.float64] | np.float64) -> npt.NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(energy, 1e-12)))
