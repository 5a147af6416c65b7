"""Teachers: denoisers whose estimate of the speech in a whole mixture a network may learn.

The mean of two that err independently has the smaller squared error: on the development sets the mean of the waveforms
of DeepFilterNet3 and of the model `fullband` is ahead of either.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speechenh_plugin.engine import Network, Processor
from training.audio import Audio, amplitude
from training.data import deepfilternet

MODEL = Path(__file__).parent / "teachers" / "fullband"
"""The model that teaches beside DeepFilterNet3: an earlier `fullband`."""

LEVEL_DBFS = -26.0
"""At which a model that is not independent of level hears all mixtures."""


@dataclass(frozen=True)
class Teacher:
    """A denoiser of whole mixtures.

    Attributes
    ----------
    clean
        Estimate of the speech in (samples,) float32 of a sampling rate in Hz, in time with it.
    check
        Raises ModuleNotFoundError or OSError, with what to do, if something is missing.
    sources
        What a model taught by it says of its data, as its corpora: names and licences.
    """

    clean: Callable[[Audio, int], Audio]
    check: Callable[[], object]
    sources: tuple[Mapping[str, str], ...]


def fullband(noisy: Audio, sample_rate: int) -> Audio:
    """Denoise a mixture with the model `fullband` in the plug-in's engine, without a limit, whatever its level.

    Parameters
    ----------
    noisy : (samples,) float32
    sample_rate
        In Hz, 8000 to 192000.

    Returns
    -------
    (samples,) float32
        In time with `noisy`.
    """
    power = float(np.mean(np.square(noisy)))
    if power == 0:
        return noisy
    gain = np.float32(amplitude(LEVEL_DBFS) / np.sqrt(power))
    stream = Processor(_network(), sample_rate)
    padded = np.pad(noisy * gain, (0, stream.latency))
    return np.asarray(stream.process(padded)[stream.latency :] / gain, np.float32)


def mean(noisy: Audio, sample_rate: int) -> Audio:
    """Denoise a mixture with DeepFilterNet3 and with `fullband`, and give the mean of the waveforms."""
    return np.asarray((deepfilternet.clean(noisy, sample_rate) + fullband(noisy, sample_rate)) / 2, np.float32)


@functools.cache
def _network() -> Network:
    return Network(MODEL)


def _check_both() -> None:
    deepfilternet.networks()
    _network()


OWN = {"name": "estimates of the model fullband", "licence": "MIT"}

TEACHERS: dict[str, Teacher] = {
    "deepfilternet": Teacher(deepfilternet.clean, deepfilternet.networks, (deepfilternet.SOURCE,)),
    "fullband": Teacher(fullband, _network, (OWN,)),
    "mean": Teacher(mean, _check_both, (deepfilternet.SOURCE, OWN)),
}
"""Teachers by the names that recipes call them."""
