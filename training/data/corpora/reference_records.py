"""The reference project's ready-made data set: TFRecord files of eight-frame windows of spectra."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

BINS = 129
FRAMES = 8

_FEATURES = {
    "noise_stft_phase": tf.io.FixedLenFeature([], tf.string, ""),
    "noise_stft_mag_features": tf.io.FixedLenFeature([], tf.string),
    "clean_stft_magnitude": tf.io.FixedLenFeature([], tf.string),
}


def read_reference_records(files: Sequence[Path], batch: int) -> tf.data.Dataset:
    """Read the reference project's records, in the shapes that networks here are trained on.

    A record holds, as float32 bytes, `noise_stft_phase` (129), `noise_stft_mag_features` (129, 8, 1): eight frames of
    standardised noisy magnitudes, the latest last, and `clean_stft_magnitude` (129, 1, 1): the clean frame that
    belongs to the latest.

    Parameters
    ----------
    files
        TFRecord files.
    batch
        Windows a batch; a last, smaller batch is kept.

    Returns
    -------
    tf.data.Dataset
        Pairs (noisy, clean): (batch, 8, 129, 1) with time first, and (batch, 1, 129, 1), the target for the last of
        the eight frames. Both float32.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    tf.errors.InvalidArgumentError
        While reading, if a feature is missing or has another length.
    """
    missing = [file for file in files if not file.is_file()]
    if missing or not files:
        raise FileNotFoundError(f"There is no TFRecord file {missing[0] if missing else 'given'}.")

    def decode(serialised: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        parsed = tf.io.parse_example(serialised, _FEATURES)
        noisy = tf.io.decode_raw(parsed["noise_stft_mag_features"], tf.float32)
        clean = tf.io.decode_raw(parsed["clean_stft_magnitude"], tf.float32)
        windows = tf.reshape(noisy, (-1, BINS, FRAMES, 1))
        return tf.transpose(windows, (0, 2, 1, 3)), tf.reshape(clean, (-1, 1, BINS, 1))

    return tf.data.TFRecordDataset([str(file) for file in files]).batch(batch).map(decode).prefetch(2)
