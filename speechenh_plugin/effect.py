"""The effect as a pedalboard plug-in."""

import operator
import threading
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt
import pedalboard

from . import arrays, engine, modelfile, preset, settings, store
from .controls import BY_NAME
from .settings import REDUCTION_LIMIT, REDUCTION_LIMIT_OFF, Listen


class DeepDenoise(pedalboard.VST3Plugin):
    """Removes noise from speech, at any sample rate from 8 to 192 kHz.

    An ordinary pedalboard plug-in: it works alone, in a `pedalboard.Pedalboard`, in `Chain` and in `Mix`. The
    network runs in C++ without the GIL. The output has the length and the alignment of the input. pedalboard makes
    plug-ins on the main thread only, and none in a process forked from another
    thread; `denoise` and `Stream` work in any.

    Keep a reference to the effect to change its controls later: a board holds the plug-in itself. While the Python
    object lives, ``board[0]`` is that object; once it is gone, ``board[0]`` is a plain `pedalboard.VST3Plugin` with
    parameters of the same names.

    Parameters
    ----------
    strength : float
        How much of the effect to apply, 0 to 100 %; 0 gives back the input.
    reduction_limit_db : float
        The most that is ever taken away from any frequency, 0 to 100 dB; at 100 nothing limits it.
    stereo_link : bool
        One gain for all channels, from their mean power, which keeps the stereo image. If false, each channel
        is denoised by itself.
    listen : {"result", "removed"}
        Give the denoised signal, or what was taken away from it.
    model : str or path-like, optional
        Name of a bundled model (see `speechenh_plugin.store`), or path of a model file (``.ddn``), of a directory
        made by ``python -m training.export``, or of a ``.vstpreset`` (whose other settings do not count). By
        default, the best model that is bundled.
    bypass : bool
        As the host's bypass switch: gives back the input. Changes glide.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the model is damaged.
    FileNotFoundError
        If there is no such model, or the plug-in is not installed.
    RuntimeError
        If this is not the main thread, or not pedalboard's.
    AttributeError
        If an attribute is read or set that is no control.

    Examples
    --------
    >>> from pedalboard import Compressor, Pedalboard
    >>> from speechenh_plugin import DeepDenoise
    >>> board = Pedalboard([DeepDenoise(reduction_limit_db=24), Compressor(threshold_db=-20)])
    >>> output = board(audio, 44100)  # float32, shape (channels, samples)
    """

    def __init__(
        self,
        *,
        strength: float = 100.0,
        reduction_limit_db: float = REDUCTION_LIMIT,
        stereo_link: bool = True,
        listen: Listen = "result",
        model: str | PathLike[str] | None = None,
        bypass: bool = False,
    ) -> None:
        chosen = store.resolve(model)
        _load_plugin(self)
        if model is not None:
            self._load(preset.State({}, chosen), model)
        self.strength = strength
        self.reduction_limit_db = reduction_limit_db
        self.stereo_link = stereo_link
        self.listen = listen
        self.bypass = bypass

    @property
    def strength(self) -> float:
        """How much of the effect to apply, 0 to 100 %; 0 gives back the input."""
        return round(100.0 * self._raw("Strength"), 3)

    @strength.setter
    def strength(self, value: float) -> None:
        self._set_raw("Strength", settings.number("strength", value) / 100.0)

    @property
    def reduction_limit_db(self) -> float:
        """The most that is ever taken away from any frequency, 0 to 100 dB; at 100 nothing limits it."""
        return round(REDUCTION_LIMIT_OFF * self._raw("Reduction limit"), 3)

    @reduction_limit_db.setter
    def reduction_limit_db(self, value: float) -> None:
        limit = settings.number("reduction_limit_db", value)
        self._set_raw("Reduction limit", limit / REDUCTION_LIMIT_OFF)

    @property
    def stereo_link(self) -> bool:
        """Whether one gain serves all channels."""
        return self._raw("Stereo link") >= 0.5

    @stereo_link.setter
    def stereo_link(self, value: bool) -> None:
        self._set_raw("Stereo link", float(settings.switch("stereo_link", value)))

    @property
    def listen(self) -> Listen:
        """What to give: the denoised ``"result"``, or what was ``"removed"``."""
        return "removed" if self._raw("Listen") >= 0.5 else "result"

    @listen.setter
    def listen(self, value: Listen) -> None:
        self._set_raw("Listen", float(settings.listen(value) == "removed"))

    @property
    def bypass(self) -> bool:
        """As the host's bypass switch: gives back the input."""
        return self._raw("Bypass") >= 0.5

    @bypass.setter
    def bypass(self, value: bool) -> None:
        self._set_raw("Bypass", float(settings.switch("bypass", value)))

    @property
    def model(self) -> str:
        """Name of the model. May be set like the argument, None for the default.

        The stream then starts anew: what it holds back, as long as the latency, is lost.
        """
        chosen = preset.unpack_preset(self.preset_data).model
        return chosen if isinstance(chosen, str) else str(modelfile.read_meta(chosen)["name"])

    @model.setter
    def model(self, value: str | PathLike[str] | None) -> None:
        if value is None:
            value = store.default()
        values = preset.unpack_preset(self.preset_data).values
        self._load(preset.State(values, store.resolve(value)), value)

    def process(  # type: ignore[override]  # an effect takes no MIDI messages
        self,
        input_array: npt.ArrayLike,
        sample_rate: float,
        buffer_size: int = 8192,
        reset: bool = True,
    ) -> npt.NDArray[np.float32]:
        """Denoise an array.

        Parameters
        ----------
        input_array : array-like [shape=(samples,), (channels, samples) or (samples, channels)]
            An array, list or tensor of floats with a full scale of 1, or of int16, int32 or uint8 as in WAV files. A
            board takes floating-point NumPy arrays only. NaN and infinite samples count as 0.
        sample_rate : float
            In Hz, 8000 to 192000.
        buffer_size : int
            Samples to process at once, 1 or more. The output does not depend on it.
        reset : bool
            Forget the audio of earlier calls and give back as many samples as came in. If false, the array
            continues the stream of the calls before; call `reset()` before the first of them.

        Returns
        -------
        np.ndarray [shape as the input, dtype=float32]
            With ``reset=False``, after `reset()`, the first calls give fewer samples, or none: what is aligned with
            the last `reported_latency_samples` of the input comes with later ones.

        Raises
        ------
        ValueError
            If the sample rate, the buffer size or the shape is not supported.
        TypeError
            If the array holds no audio, or the buffer size is no whole number.
        RuntimeError
            If rows and columns are alike in number: which are channels is not known.
        """
        if (buffer_size := operator.index(buffer_size)) < 1:
            raise ValueError(f"buffer_size must be at least 1 sample, not {buffer_size!r}")
        rate = settings.sample_rate(sample_rate)
        audio = arrays.samples(input_array)
        if audio.ndim == 2 and min(audio.shape) > arrays.MAX_CHANNELS:
            raise ValueError(f"an array may have up to {arrays.MAX_CHANNELS} channels, not {min(audio.shape)}")
        return super().process(audio, rate, buffer_size, reset)

    __call__ = process  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Tell the model and the settings."""
        limit = self.reduction_limit_db
        return (
            f"<DeepDenoise model={self.model!r} strength={self.strength:g} % reduction_limit_db="
            f"{'off' if limit == REDUCTION_LIMIT_OFF else f'{limit:g} dB'} stereo_link={self.stereo_link} "
            f"listen={self.listen!r}{' bypass=True' if self.bypass else ''}>"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle by the plug-in's state."""
        return _restore, (type(self), self.preset_data)

    def __setattr__(self, name: str, value: object) -> None:
        """Let this class's properties come before pedalboard's parameters of the same name; refuse other names."""
        if isinstance(getattr(type(self), name, None), property):
            object.__setattr__(self, name, value)
        elif name.startswith("_") or hasattr(type(self), name):
            super().__setattr__(name, value)
        else:
            raise settings.unknown(self, name)

    def __getattr__(self, name: str) -> Any:
        """Find pedalboard's own attributes; for other names, tell the control that was most likely meant."""
        try:
            return super().__getattr__(name)  # type: ignore[misc]  # its type stubs leave it out
        except AttributeError:
            if name.startswith("_"):
                raise
            raise settings.unknown(self, name) from None

    def __dir__(self) -> list[str]:
        """List the controls and what every plug-in has."""
        return sorted({*super().__dir__(), *BY_NAME, "model"})

    def _raw(self, name: str) -> float:
        return float(self._get_parameter(name).raw_value)

    def _set_raw(self, name: str, value: float) -> None:
        self._get_parameter(name).raw_value = value

    def _load(self, state: preset.State, model: object) -> None:
        try:
            self.preset_data = preset.pack_preset(state, preset.class_id(store.bundle_path()))
        except RuntimeError:
            raise ValueError(f"the model {str(model)!r} is not usable: {_reason(state.model)}") from None


def _load_plugin(effect: DeepDenoise) -> None:
    refused = RuntimeError(
        "DeepDenoise must be made on the main thread, a rule of pedalboard for plug-ins, which takes for it the thread "
        "that made the first one or read a plug-in's names, before a fork, too: make it there and use it here, or use "
        "speechenh_plugin.denoise or Stream, which work in any thread"
    )
    # pedalboard would go on here, but then refuse every plug-in that the main thread makes afterwards.
    if threading.current_thread() is not threading.main_thread():
        raise refused
    try:
        pedalboard.VST3Plugin.__init__(effect, str(store.bundle_path()))
    except RuntimeError as error:
        if "main thread" in str(error):
            raise refused from None
        raise


def _restore(cls: type[DeepDenoise], preset_data: bytes) -> DeepDenoise:
    effect = cls.__new__(cls)
    _load_plugin(effect)
    try:
        effect.preset_data = preset_data
    except RuntimeError:
        embedded = preset.unpack_preset(preset_data).model
        raise ValueError(f"the model in this effect's state is not usable: {_reason(embedded)}") from None
    return effect


def _reason(model: bytes | str) -> str:
    """Say why the plug-in does not take a model."""
    if isinstance(model, str):
        known = model in {each.name for each in store.models()}
        return "its file is damaged" if known else f"this installation has no model named {model!r}"
    try:
        engine.Network(model)
    except ValueError as error:
        return str(error)
    return "it has no audio front end"
