"""Complex numbers, which `keras.ops` has only as pairs: three operations that each backend is asked for itself.

Everything else on spectra (slices, sums, products, absolute values) is the same in all of them.
"""

from __future__ import annotations

from typing import Any

import keras

Tensor = Any

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    def complex_of(real: Tensor, imaginary: Tensor) -> Tensor:
        """Return the complex tensor of these parts."""
        return tf.complex(real, imaginary)

    def rfft(x: Tensor) -> Tensor:
        """Return the spectrum of real `x` along its last axis, size // 2 + 1 bins."""
        return tf.signal.rfft(x)

    def irfft(spectrum: Tensor, size: int) -> Tensor:
        """Return the `size` real samples of a spectrum."""
        return tf.signal.irfft(spectrum, [size])

elif keras.backend.backend() == "jax":
    import jax

    def complex_of(real: Tensor, imaginary: Tensor) -> Tensor:
        """Return the complex tensor of these parts."""
        return jax.lax.complex(real, imaginary)

    def rfft(x: Tensor) -> Tensor:
        """Return the spectrum of real `x` along its last axis, size // 2 + 1 bins."""
        return jax.numpy.fft.rfft(x)

    def irfft(spectrum: Tensor, size: int) -> Tensor:
        """Return the `size` real samples of a spectrum."""
        return jax.numpy.fft.irfft(spectrum, size)

elif keras.backend.backend() == "torch":
    import torch

    def complex_of(real: Tensor, imaginary: Tensor) -> Tensor:
        """Return the complex tensor of these parts."""
        return torch.complex(real, imaginary)

    def rfft(x: Tensor) -> Tensor:
        """Return the spectrum of real `x` along its last axis, size // 2 + 1 bins."""
        return torch.fft.rfft(x)

    def irfft(spectrum: Tensor, size: int) -> Tensor:
        """Return the `size` real samples of a spectrum."""
        return torch.fft.irfft(spectrum, size)

else:
    raise ImportError(f"training needs KERAS_BACKEND tensorflow, jax or torch, not {keras.backend.backend()}")
