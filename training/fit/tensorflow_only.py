"""What TensorFlow alone has, behind one function each; other backends take the plain form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain
from typing import Any

import keras
import numpy as np

STRATEGIES = ("none", "mirrored", "multiworker")
"""One device; all devices of this machine; the machines of the environment variable TF_CONFIG."""


class NoStrategyError(ValueError):
    """A way to use several devices that the backend does not have."""


def on_tensorflow() -> bool:
    """Tell whether Keras runs on TensorFlow."""
    return bool(keras.backend.backend() == "tensorflow")


@dataclass(frozen=True)
class Devices:
    """The devices that train together.

    Attributes
    ----------
    scope
        Gives the scope in which a model is built.
    chief
        Whether this process is the one that writes files.
    meet
        Waits until every process has come to the same place.
    """

    scope: Callable[[], AbstractContextManager[Any]] = nullcontext
    chief: bool = True
    meet: Callable[[], object] = lambda: None


def strategy(name: str) -> Devices:
    """Join the devices that train together, once in a process.

    Raises
    ------
    NoStrategyError
        If several devices are asked for on another backend.
    """
    if not on_tensorflow():
        if name != "none":
            raise NoStrategyError(f"--strategy {name} needs TensorFlow; Keras runs on {keras.backend.backend()}.")
        return Devices()
    import tensorflow as tf

    made = {
        "none": tf.distribute.get_strategy,
        "mirrored": tf.distribute.MirroredStrategy,
        "multiworker": tf.distribute.MultiWorkerMirroredStrategy,
    }[name]()
    cluster = made.cluster_resolver
    if cluster is None:
        return Devices(made.scope)
    # A sum over all processes ends when each has given its part.
    return Devices(
        made.scope,
        cluster.task_id in (None, 0),
        lambda: made.reduce(tf.distribute.ReduceOp.SUM, made.run(lambda: tf.constant(0.0)), axis=None),
    )


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let many small operations run as one graph; elsewhere they run one by one."""
    if not on_tensorflow():
        return function
    import tensorflow as tf

    made: Callable[..., Any] = tf.function(function)
    return made


def endless(batches: Iterator[tuple[Any, ...]]) -> Any:
    """Give what `fit` trains on: batches without end, all of the shapes of the first one."""
    if not on_tensorflow():
        return (batch for batch in batches)
    import tensorflow as tf

    first = next(batches)
    # Programs are compiled for shapes that are known.
    signature = tuple(tf.TensorSpec(np.shape(values), tf.float32) for values in first)
    data = tf.data.Dataset.from_generator(lambda: chain([first], batches), output_signature=signature)
    return data.prefetch(1)


def judged(batch: tuple[Any, ...], size: int) -> dict[str, Any]:
    """Give the arguments of `fit` that make it validate on one batch, in smaller ones of a size that divides it."""
    size = min(size, len(batch[0]))
    if not on_tensorflow():
        return {"validation_data": batch, "validation_batch_size": size}
    import tensorflow as tf

    parts = tuple(np.reshape(values, (-1, size, *np.shape(values)[1:])) for values in batch)
    return {"validation_data": tf.data.Dataset.from_tensor_slices(parts)}
