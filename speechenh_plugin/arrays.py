"""Which arrays hold audio: floats or integers of a known full scale, in one or two dimensions."""

from typing import Any

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]

MAX_CHANNELS = 48
"""Of an array of two dimensions, the shorter is taken for the channels up to this many; pedalboard's most."""

# By type: the value of silence, and how far full scale is from it. 32 bits hold samples of 24 and 32 bits alike,
# aligned to the most significant bit, as soundfile and scipy read them.
_INTEGERS = {np.dtype(np.uint8): (128, 128), np.dtype(np.int16): (0, 2**15), np.dtype(np.int32): (0, 2**31)}


def samples(audio: npt.ArrayLike) -> Audio:
    """Take audio as 32-bit floats with a full scale of 1.

    Parameters
    ----------
    audio : array-like [shape=(samples,), (channels, samples) or (samples, channels)]
        NumPy array, list, or tensor of PyTorch, JAX or TensorFlow (brought to the CPU). Floats have a full scale of
        1; int16, int32 and uint8 are those of WAV files.

    Returns
    -------
    np.ndarray [shape as the input, dtype=float32]
        The input itself if it has this type, else a copy.

    Raises
    ------
    TypeError
        If it holds something else.
    ValueError
        If it has no or more than two dimensions.
    """
    array = _array(audio)
    if array.dtype == object or array.dtype.kind in "USMmV":
        raise TypeError(
            f"audio must be an array of numbers, not {_called(audio)}; give floats of full scale 1, of the shape "
            "(samples,) or (channels, samples)"
        )
    if array.ndim == 0 or array.ndim > 2:
        remedy = "denoise its recordings one by one" if array.ndim > 2 else "give an array of samples"
        raise ValueError(
            f"audio has the shape {array.shape}, it must be (samples,), (channels, samples) or (samples, channels); "
            + remedy
        )
    if array.dtype.kind == "f":
        return array.astype(np.float32, copy=False)
    native = array.dtype.newbyteorder("=")
    if native not in _INTEGERS:
        raise TypeError(
            f"audio must hold floating point numbers of full scale 1, or int16, int32 or uint8 as in WAV files, not "
            f"{native.name}; convert it first, as in audio.astype('float32') / full_scale"
        )
    silence, scale = _INTEGERS[native]
    converted = array.astype(np.float32)
    converted -= silence
    converted /= scale
    return converted


def channels_last(audio: Audio) -> bool:
    """Tell which dimension of a whole recording is which: the shorter is the channels.

    Parameters
    ----------
    audio : np.ndarray [shape=(samples,), (channels, samples) or (samples, channels)]

    Returns
    -------
    bool
        Whether the shape is (samples, channels).

    Raises
    ------
    ValueError
        If both are as long, or the shorter is longer than `MAX_CHANNELS`.
    """
    if audio.ndim == 1:
        return False
    first, last = audio.shape
    if first == last > 1:
        raise ValueError(
            f"audio has the shape {audio.shape}, which does not tell samples from channels; give each channel by "
            "itself, or use Stream, which is told their number"
        )
    if min(first, last) > MAX_CHANNELS:
        raise ValueError(
            f"an array may have up to {MAX_CHANNELS} channels, not {min(first, last)} as its shape {audio.shape} says; "
            "use Stream, which is told their number"
        )
    return bool(last < first)


def _array(audio: npt.ArrayLike) -> npt.NDArray[Any]:
    given: Any = audio
    if hasattr(given, "detach"):  # a PyTorch tensor: NumPy takes no gradient, no GPU's and no bfloat16
        given = given.detach().cpu()
        given = given.float() if given.is_floating_point() else given
    try:
        array = np.asarray(given)
    except ValueError:  # lists of unequal lengths
        return np.array(None)
    # JAX and TensorFlow give NumPy a type of ml_dtypes, of a kind of its own.
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _called(audio: object) -> str:
    return f"a {type(audio).__name__}" + (f" of {len(audio)}" if isinstance(audio, list | tuple) else "")
