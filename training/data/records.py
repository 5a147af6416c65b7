"""Mixtures as TFRecords: one tf.train.Example each, samples as 16-bit little-endian bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.data.mixing import Mixture

FEATURES = {
    "noisy": tf.io.FixedLenFeature([], tf.string),
    "clean": tf.io.FixedLenFeature([], tf.string),
    "sample_rate": tf.io.FixedLenFeature([], tf.int64),
    "bandwidth_hz": tf.io.FixedLenFeature([], tf.float32),
    "snr_db": tf.io.FixedLenFeature([], tf.float32),
}
"""What `decode` reads; a record also names its clips as "speech" and "noise" (bytes lists)."""


def pcm16(audio: npt.NDArray[np.float32]) -> bytes:
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

    def raw(*values: bytes) -> tf.train.Feature:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))

    def real(value: float) -> tf.train.Feature:
        return tf.train.Feature(float_list=tf.train.FloatList(value=[value]))

    example = tf.train.Example(
        features=tf.train.Features(
            feature={
                "noisy": raw(pcm16(mixture.noisy)),
                "clean": raw(pcm16(mixture.clean)),
                "sample_rate": tf.train.Feature(int64_list=tf.train.Int64List(value=[sample_rate])),
                "bandwidth_hz": real(mixture.bandwidth_hz),
                "snr_db": real(mixture.snr_db),
                "speech": raw(*(name.encode() for name in mixture.speech)),
                "noise": raw(*(name.encode() for name in mixture.noise)),
                "effects": raw(*(name.encode() for name in mixture.effects)),
            }
        )
    )
    # Without `deterministic` the order of the features, a map, would differ from run to run.
    serialised: bytes = example.SerializeToString(deterministic=True)
    return serialised


def decode(serialised: tf.Tensor, samples: int) -> dict[str, Any]:
    """Parse a batch of records inside a tf.data pipeline.

    Parameters
    ----------
    serialised : (batch,) string tensor
    samples
        Length of every mixture.

    Returns
    -------
    dict
        "noisy", "clean" (batch, samples) float32 at full scale = 1; "bandwidth_hz", "snr_db" (batch,) float32.
    """
    parsed = tf.io.parse_example(serialised, FEATURES)

    def waveform(raw: tf.Tensor) -> tf.Tensor:
        audio = tf.cast(tf.io.decode_raw(raw, tf.int16, little_endian=True), tf.float32) / 32767.0
        return tf.ensure_shape(audio, (None, samples))

    return {
        "noisy": waveform(parsed["noisy"]),
        "clean": waveform(parsed["clean"]),
        "bandwidth_hz": parsed["bandwidth_hz"],
        "snr_db": parsed["snr_db"],
    }
