"""What TensorFlow alone has, behind one function each; other backends take the plain form."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras

STRATEGIES = ("none", "mirrored", "multiworker")
"""One device; all devices of this machine; the machines of the environment variable TF_CONFIG."""


class NoStrategyError(ValueError):
    """A way to use several devices that the backend does not have."""


def on_tensorflow() -> bool:
    """Tell whether Keras runs on TensorFlow."""
    return bool(keras.backend.backend() == "tensorflow")


def strategy(name: str) -> tuple[AbstractContextManager[Any], bool]:
    """Make the scope in which a model is built, and tell whether this process is the one that writes files.

    Raises
    ------
    NoStrategyError
        If several devices are asked for on another backend.
    """
    if not on_tensorflow():
        if name != "none":
            raise NoStrategyError(f"--strategy {name} needs TensorFlow; Keras runs on {keras.backend.backend()}.")
        return nullcontext(), True
    import tensorflow as tf

    made = {
        "none": tf.distribute.get_strategy,
        "mirrored": tf.distribute.MirroredStrategy,
        "multiworker": tf.distribute.MultiWorkerMirroredStrategy,
    }[name]()
    cluster = made.cluster_resolver
    return made.scope(), cluster is None or cluster.task_id in (None, 0)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let many small operations run as one graph; elsewhere they run one by one."""
    if not on_tensorflow():
        return function
    import tensorflow as tf

    made: Callable[..., Any] = tf.function(function)
    return made
