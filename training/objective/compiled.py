"""Programs of their own, which TensorFlow on a CPU needs to be fast, and no other backend."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import keras

Tensor = Any

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    def compiled(function: Callable[..., Tensor], *arguments: Any) -> Tensor:
        """Call a function; on a CPU as a program of its own, compiled by XLA.

        Bound by memory, many small steps over all bins take less than half the time so.
        """
        return function(*arguments) if _has_gpu() else tf.function(partial(function, *arguments), jit_compile=True)()

    @cache
    def _has_gpu() -> bool:
        return bool(tf.config.list_physical_devices("GPU"))

else:

    def compiled(function: Callable[..., Tensor], *arguments: Any) -> Tensor:
        """Call a function: JAX compiles the whole step, PyTorch none of it."""
        return function(*arguments)
