"""Training pairs as tf.data: read from a data set, or mixed while training.

Both give batches of the same shape, a dict of

- "noisy", "clean": (batch, samples) float32, full scale = 1;
- "bandwidth_hz": (batch,) float32, above which "clean" is unknown (leave it out of the loss);
- "snr_db": (batch,) float32, inf without noise, -inf without speech.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from training.data import records
from training.data.corpora import SPLITS
from training.data.mixing import MixSettings
from training.data.workers import Recipe, mixtures

DESCRIPTION = "dataset.json"


class DatasetError(Exception):
    """A folder that holds no complete data set."""


def describe(directory: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what a data set says about itself: sources, licences, settings, counts, skipped clips.

    Parameters
    ----------
    directory
        Folder written by ``python -m training.create_dataset``.

    Raises
    ------
    DatasetError
        If there is no complete data set.
    """
    path = Path(directory) / DESCRIPTION
    if not path.is_file():
        raise DatasetError(
            f"{directory} holds no complete data set ({DESCRIPTION} is missing): "
            "run the same training.create_dataset command again to finish it."
        )
    description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return description


def read(
    directory: str | os.PathLike[str],
    split: str,
    batch: int,
    *,
    shuffle: int | None = None,
    repeat: bool = False,
) -> tf.data.Dataset:
    """Read a split of a data set.

    Parameters
    ----------
    directory
        Folder written by ``python -m training.create_dataset``.
    split
        "train", "dev" or "test".
    batch
        Mixtures a batch; a last, smaller batch is dropped only when `repeat` is set.
    shuffle
        Seed of the order, another one at every pass; None keeps the written order.
    repeat
        Whether to start again without end.

    Returns
    -------
    tf.data.Dataset
        Batches as the module says.

    Raises
    ------
    DatasetError
        If the data set is not complete, or has nothing for the split.

    Examples
    --------
    >>> pairs = read("data", "train", 16, shuffle=0, repeat=True)  # doctest: +SKIP
    """
    description = describe(directory)
    settings = MixSettings.from_dict(description["settings"])
    shards = sorted(str(path) for path in Path(directory).glob(f"{split}-*.tfrecord"))
    if not shards:
        raise DatasetError(f"{directory} holds no mixture for the split {split}.")
    files = tf.data.Dataset.from_tensor_slices(shards)
    if shuffle is not None:
        files = files.shuffle(len(shards), seed=shuffle)
    data = files.interleave(tf.data.TFRecordDataset, cycle_length=4 if shuffle is not None else 1)
    if shuffle is not None:
        data = data.shuffle(256, seed=shuffle)
    if repeat:
        data = data.repeat()
    data = data.batch(batch, drop_remainder=repeat)
    data = data.map(lambda serialised: records.decode(serialised, settings.samples))
    return data.prefetch(2)


def live(recipe: Recipe, batch: int, *, seed: int, start: int = 0, workers: int = 1) -> tf.data.Dataset:
    """Mix without end while training, so that no mixture is heard twice.

    Parameters
    ----------
    recipe
        Corpora and settings.
    batch
        Mixtures a batch.
    seed
        Mixture k of a split is the same for the same seed, whatever `start` and `workers`.
    start
        Number of the first mixture: to resume, those already heard.
    workers
        Processes that mix; leave cores to the training itself.

    Returns
    -------
    tf.data.Dataset
        Batches as the module says.

    Examples
    --------
    >>> recipe = Recipe(("folder:speech",), ("folder:noise",), FULLBAND)  # doctest: +SKIP
    >>> pairs = live(recipe, 16, seed=0)  # doctest: +SKIP
    """

    def generate() -> Iterator[dict[str, Any]]:
        split = SPLITS.index(recipe.split)
        for made in mixtures(recipe, ((seed, split, number) for number in itertools.count(start)), workers):
            mixture = made.mixture
            yield {
                "noisy": mixture.noisy,
                "clean": mixture.clean,
                "bandwidth_hz": np.float32(mixture.bandwidth_hz),
                "snr_db": np.float32(mixture.snr_db),
            }

    waveform = tf.TensorSpec((recipe.settings.samples,), tf.float32)
    number = tf.TensorSpec((), tf.float32)
    data = tf.data.Dataset.from_generator(
        generate,
        output_signature={"noisy": waveform, "clean": waveform, "bandwidth_hz": number, "snr_db": number},
    )
    return data.batch(batch, drop_remainder=True).prefetch(2)
