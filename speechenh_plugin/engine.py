"""The engine without a plug-in around it: run a model's network, its features, or the whole effect on NumPy arrays.

For tests, training and curiosity; boards and hosts use :class:`speechenh_plugin.DeepDenoise`.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import modelfile
from .store import installed

Array = NDArray[np.float32]
_FloatPointer = ctypes.POINTER(ctypes.c_float)


def library_name() -> str:
    """File name of the engine library on this platform."""
    return {"darwin": "libdeepdenoise.dylib", "win32": "libdeepdenoise.dll"}.get(sys.platform, "libdeepdenoise.so")


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(installed(library_name())))
    pointer, number, real, size = ctypes.c_void_p, ctypes.c_int, ctypes.c_float, ctypes.c_size_t
    text, rate = ctypes.c_char_p, ctypes.c_double
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "layer": (text, [number]),
        "open": (pointer, [text, size, text, text, size]),
        "close": (None, [pointer]),
        "kernels": (text, [pointer]),
        "port": (text, [pointer, number, number, ctypes.POINTER(number)]),
        "run": (number, [pointer, pointer, pointer, number, number]),
        "features": (number, [pointer, rate, _FloatPointer, number, pointer]),
        "stream_open": (pointer, [pointer, rate, number, number, text, size]),
        "stream_close": (None, [pointer]),
        "stream_latency": (number, [pointer]),
        "stream_reset": (None, [pointer]),
        "stream_process": (None, [pointer, pointer, pointer, number, real, real, number, number]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, f"deepdenoise_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def layers() -> list[str]:
    """List the types of layer that the engine runs.

    Returns
    -------
    list of str
        As ``"type"`` in ``graph.json``.

    Examples
    --------
    >>> "gru" in layers()
    True
    """
    names: list[str] = []
    while name := _library().deepdenoise_layer(len(names)):
        names.append(name.decode())
    return names


class Network:
    """A loaded model.

    Parameters
    ----------
    model : bytes or path-like
        A packed model, the path of one, or a model directory.
    kernels : {"baseline", "avx2", "avx512"}, optional
        Instruction set; by default the best that this CPU has.

    Attributes
    ----------
    inputs, outputs : dict of str to (int, int)
        Positions along frequency and channels of each port.
    kernels : str
        The instruction set in use.

    Raises
    ------
    ValueError
        If the model is refused, with the reason.

    Examples
    --------
    >>> network = Network("models/cr_ced")
    >>> network.run({"input": np.zeros((10, 129, 1))})["magnitude"].shape
    (10, 129, 1)
    """

    def __init__(self, model: bytes | str | PathLike[str], *, kernels: str | None = None) -> None:
        self._handle: int | None = None
        if isinstance(model, bytes):
            data = model
        else:
            data = modelfile.pack(model) if Path(model).is_dir() else Path(model).read_bytes()
        error = ctypes.create_string_buffer(512)
        chosen = kernels.encode() if kernels else None
        self._handle = _library().deepdenoise_open(data, len(data), chosen, error, len(error))
        if not self._handle:
            raise ValueError(error.value.decode(errors="replace"))
        self.inputs = self._ports(0)
        self.outputs = self._ports(1)
        self.kernels: str = _library().deepdenoise_kernels(self._handle).decode()

    def __del__(self) -> None:
        if self._handle:
            _library().deepdenoise_close(self._handle)

    def _ports(self, output: int) -> dict[str, tuple[int, int]]:
        ports: dict[str, tuple[int, int]] = {}
        shape = (ctypes.c_int * 2)()
        while name := _library().deepdenoise_port(self._handle, output, len(ports), shape):
            ports[name.decode()] = (shape[0], shape[1])
        return ports

    def run(self, inputs: Mapping[str, ArrayLike], *, batch: int = 0) -> dict[str, Array]:
        """Run the network over consecutive frames, from a fresh state.

        Parameters
        ----------
        inputs : dict of str to array, (frames, positions, channels)
            One array for each of `self.inputs`.
        batch : int
            Frames computed at once; 0 lets the engine choose. The result does not depend on it.

        Returns
        -------
        dict of str to ndarray, (frames, positions, channels), float32

        Raises
        ------
        ValueError
            If an input is missing or has another shape.
        """
        arrays: list[Array] = []
        for name, shape in self.inputs.items():
            if name not in inputs:
                raise ValueError(f"input '{name}' is missing")
            array = np.ascontiguousarray(inputs[name], np.float32)
            if array.ndim != 3 or array.shape[1:] != shape or (arrays and len(array) != len(arrays[0])):
                raise ValueError(f"input '{name}' has shape {array.shape}, it must be (frames, {shape[0]}, {shape[1]})")
            arrays.append(array)
        frames = len(arrays[0])
        results = {name: np.empty((frames, *shape), np.float32) for name, shape in self.outputs.items()}
        failed = _library().deepdenoise_run(
            self._handle, _pointers(arrays), _pointers(list(results.values())), frames, batch
        )
        if failed:
            raise MemoryError("the engine could not allocate its buffers")
        return results

    def features(self, samples: ArrayLike, rate: float) -> dict[str, Array]:
        """Compute what the front end feeds the network.

        Parameters
        ----------
        samples : array, (samples,)
            Mono audio, full scale 1.
        rate : float
            Sample rate, Hz, 8000 to 192000.

        Returns
        -------
        dict of str to ndarray, (samples // hop, positions, channels), float32

        Raises
        ------
        ValueError
            If the audio is not mono, the model has no front end or the rate is out of range.
        """
        mono = np.ascontiguousarray(samples, np.float32)
        if np.ndim(samples) != 1:
            raise ValueError(f"samples must have the shape (samples,), not {np.shape(samples)}")
        call = functools.partial(
            _library().deepdenoise_features, self._handle, rate, mono.ctypes.data_as(_FloatPointer), mono.size
        )
        frames = call(None)
        if frames < 0:
            raise ValueError(f"there is no front end at {rate:g} Hz; rates are 8000 to 192000 Hz")
        results = {name: np.empty((frames, *shape), np.float32) for name, shape in self.inputs.items()}
        call(_pointers(list(results.values())))
        return results


class Processor:
    """The effect on a stream of blocks, as hosts see it: its output lags.

    One thread at a time may use it. `speechenh_plugin.Stream` is built on it.

    Parameters
    ----------
    network : Network
        Model to use; may be shared.
    rate : float
        Sample rate, Hz, 8000 to 192000.
    channels : int
        Channels in and out.
    max_block : int
        Usual size of a block, samples. Any block may be given; longer ones are cut.

    Attributes
    ----------
    latency : int
        Samples by which the output lags.

    Raises
    ------
    ValueError
        If the rate, the channels or the model do not allow it.

    Examples
    --------
    >>> processor = Processor(Network("models/cr_ced"), 48000, channels=2)
    >>> processor.process(np.zeros((2, 480), np.float32), strength=0.8).shape
    (2, 480)
    """

    def __init__(self, network: Network, rate: float, channels: int = 1, max_block: int = 8192) -> None:
        self._handle: int | None = None
        error = ctypes.create_string_buffer(512)
        self._handle = _library().deepdenoise_stream_open(network._handle, rate, channels, max_block, error, len(error))
        if not self._handle:
            raise ValueError(error.value.decode())
        self.channels = channels
        self.latency: int = _library().deepdenoise_stream_latency(self._handle)

    def __del__(self) -> None:
        if self._handle:
            _library().deepdenoise_stream_close(self._handle)

    def reset(self) -> None:
        """Forget all past input."""
        _library().deepdenoise_stream_reset(self._handle)

    def process(
        self,
        block: ArrayLike,
        *,
        strength: float = 1.0,
        reduction_limit_db: float = np.inf,
        stereo_link: bool = True,
        listen_removed: bool = False,
    ) -> Array:
        """Process the next block.

        Parameters
        ----------
        block : array, (channels, samples) or (samples,) for one channel
        strength : float
            0 (untouched) to 1.
        reduction_limit_db : float
            The most that is ever taken away, dB; infinite for no limit.
        stereo_link : bool
            One gain for all channels.
        listen_removed : bool
            Give what is taken away instead of the result.

        Returns
        -------
        ndarray, shape of `block`, float32
            Delayed by `latency` samples.

        Raises
        ------
        ValueError
            If the block has another number of channels.
        """
        samples = np.ascontiguousarray(block, np.float32)
        rows = samples.reshape(1, -1) if samples.ndim == 1 else samples
        if rows.ndim != 2 or rows.shape[0] != self.channels:
            raise ValueError(f"the block has shape {samples.shape}, it must be ({self.channels}, samples)")
        out = np.empty_like(rows)
        _library().deepdenoise_stream_process(
            self._handle, _pointers(rows), _pointers(out), rows.shape[1],
            strength, reduction_limit_db, stereo_link, listen_removed,
        )  # fmt: skip
        return out.reshape(samples.shape)


def _pointers(arrays: Sequence[Array] | Array) -> Any:
    return (_FloatPointer * len(arrays))(*[array.ctypes.data_as(_FloatPointer) for array in arrays])
