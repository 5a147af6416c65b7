"""Mixtures as TFRecords: one tf.train.Example each, samples as 16-bit little-endian bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.audio import Audio
from training.data import tfrecord
from training.data.mixer import Mixture

FEATURES = ("noisy", "clean", "sample_rate", "bandwidth_hz", "snr_db")
"""What `decode` reads; a record also names its clips as "speech" and "noise", and its "effects" (lists of bytes)."""


@dataclass(frozen=True)
class Pair:
    """A mixture as read back.

    Attributes
    ----------
    noisy, clean : (samples,) float32
        Full scale = 1.
    bandwidth_hz
        Above it `clean` is unknown.
    snr_db
        Speech to noise.
    """

    noisy: Audio
    clean: Audio
    bandwidth_hz: float
    snr_db: float


def pcm16(audio: Audio) -> bytes:
    """Write samples (full scale = 1) as 16-bit little-endian bytes; louder ones are clipped."""
    return np.clip(np.round(audio * 32767), -32768, 32767).astype("<i2").tobytes()


def encode(mixture: Mixture, sample_rate: int) -> bytes:
    """Serialise a mixture; equal mixtures give equal bytes.

    Parameters
    ----------
    mixture
        What to write.
    sample_rate
        In Hz.

    Returns
    -------
    bytes
        A tf.train.Example with the features "noisy", "clean" (bytes), "sample_rate" (int64), "bandwidth_hz",
        "snr_db" (float), "speech", "noise" and "effects" (lists of UTF-8 names).
    """
    return tfrecord.encode(
        {
            "noisy": [pcm16(mixture.noisy)],
            "clean": [pcm16(mixture.clean)],
            "sample_rate": np.array([sample_rate], np.int64),
            "bandwidth_hz": np.array([mixture.bandwidth_hz], np.float32),
            "snr_db": np.array([mixture.snr_db], np.float32),
            "speech": [name.encode() for name in mixture.speech],
            "noise": [name.encode() for name in mixture.noise],
            "effects": [name.encode() for name in mixture.effects],
        }
    )


def decode(message: bytes) -> Pair:
    """Read a mixture back.

    Raises
    ------
    RecordError
        If it is no mixture.
    """
    features = tfrecord.decode(message)
    missing = [name for name in FEATURES if name not in features]
    if missing:
        raise tfrecord.RecordError(f"a record is no mixture: it has no {', '.join(missing)}")

    def waveform(name: str) -> Audio:
        return np.frombuffer(features[name][0], "<i2").astype(np.float32) / np.float32(32767)

    return Pair(waveform("noisy"), waveform("clean"), float(features["bandwidth_hz"][0]), float(features["snr_db"][0]))
