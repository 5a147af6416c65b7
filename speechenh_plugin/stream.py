"""The effect without a board: on blocks as they come, and on whole arrays, from any thread."""

import threading
from os import PathLike
from typing import NoReturn, Unpack

import numpy as np
import numpy.typing as npt

from . import arrays, networks, settings
from .arrays import Audio
from .engine import Processor
from .settings import REDUCTION_LIMIT, REDUCTION_LIMIT_OFF, Listen, Settings

_BLOCK = 8192  # samples computed at once: as many as in a board, so that both round alike


class Stream:
    """Denoises audio block by block, in any thread.

    The output is aligned with the input: `process` holds back the last `latency` samples that it was given, and `flush`
    gives them in the end. So all calls together give as many samples as went in. Any number of streams may run at
    once; they share the loaded model and hold no GIL. `DeepDenoise` in a board gives the same samples.

    Parameters
    ----------
    sample_rate : float
        In Hz, 8000 to 192000.
    channels : int
        Number of channels, 1 or more.
    strength : float
        How much of the effect to apply, 0 to 100 %; 0 gives back the input.
    reduction_limit_db : float
        The most that is ever taken away from any frequency, 0 to 100 dB; at 100 nothing limits it.
    stereo_link : bool
        One gain for all channels, from their mean power. If false, each channel is denoised by itself.
    listen : {"result", "removed"}
        Give the denoised signal, or what was taken away from it.
    model : str or path-like, optional
        As of `DeepDenoise`; by default the best model that is bundled.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the model is damaged.
    FileNotFoundError
        If there is no such model, or the package is not built.

    Examples
    --------
    >>> stream = Stream(48000, channels=2, reduction_limit_db=24)
    >>> for block in blocks:  # shape (2, any number of samples)
    ...     play(stream.process(block))
    >>> play(stream.flush())
    """

    def __init__(
        self,
        sample_rate: float,
        channels: int = 1,
        *,
        strength: float = 100.0,
        reduction_limit_db: float = REDUCTION_LIMIT,
        stereo_link: bool = True,
        listen: Listen = "result",
        model: str | PathLike[str] | None = None,
    ) -> None:
        self._sample_rate = settings.sample_rate(sample_rate)
        if isinstance(channels, bool) or not isinstance(channels, int | np.integer):
            raise TypeError(f"channels must be a whole number of 1 or more, not {channels!r}")
        if channels < 1:
            raise ValueError(f"channels must be a whole number of 1 or more, not {channels!r}")
        self._channels = int(channels)
        self.strength = strength
        self.reduction_limit_db = reduction_limit_db
        self.stereo_link = stereo_link
        self.listen = listen
        loaded = networks.load(model)
        try:
            self._processor = Processor(loaded.network, self._sample_rate, self._channels, _BLOCK)
        except ValueError as error:
            raise ValueError(
                f"{self._channels} channels at {self._sample_rate:g} Hz cannot be denoised by {loaded.name!r}: {error}"
            ) from None
        self._model = loaded.name
        self._lock = threading.Lock()
        self._flat = self._channels_last = False
        self.reset()

    @property
    def sample_rate(self) -> float:
        """In Hz."""
        return self._sample_rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self._channels

    @property
    def model(self) -> str:
        """Name of the model."""
        return self._model

    @property
    def latency(self) -> int:
        """Samples that are held back: 32 ms, and the look-ahead of a model that has one."""
        return self._processor.latency

    @property
    def strength(self) -> float:
        """How much of the effect to apply, 0 to 100 %; 0 gives back the input. Changes glide."""
        return self._strength

    @strength.setter
    def strength(self, value: float) -> None:
        self._strength = settings.number("strength", value)

    @property
    def reduction_limit_db(self) -> float:
        """The most that is ever taken away from any frequency, 0 to 100 dB; at 100 nothing limits it. Changes glide."""
        return self._reduction_limit_db

    @reduction_limit_db.setter
    def reduction_limit_db(self, value: float) -> None:
        self._reduction_limit_db = settings.number("reduction_limit_db", value)

    @property
    def stereo_link(self) -> bool:
        """Whether one gain serves all channels."""
        return self._stereo_link

    @stereo_link.setter
    def stereo_link(self, value: bool) -> None:
        self._stereo_link = settings.switch("stereo_link", value)

    @property
    def listen(self) -> Listen:
        """What to give: the denoised ``"result"``, or what was ``"removed"``. Changes glide."""
        return self._listen

    @listen.setter
    def listen(self, value: Listen) -> None:
        self._listen = settings.listen(value)

    def process(self, block: npt.ArrayLike) -> Audio:
        """Denoise the next block.

        Parameters
        ----------
        block : array-like [shape=(channels, samples), (samples, channels), or (samples,) of one channel]
            Any number of samples; types as in `denoise`. A block of as many samples as channels is read like those
            before it, the first as (channels, samples). NaN and infinite samples count as 0.

        Returns
        -------
        np.ndarray [shape as the input, but fewer samples, or none, at first; dtype=float32]
            Aligned with the input: what lies up to `latency` samples before the block's end.

        Raises
        ------
        TypeError, ValueError
            If the array holds no audio, or has another number of channels.
        """
        given = arrays.samples(block)
        with self._lock:
            rows = np.ascontiguousarray(self._rows(given))
            early = min(self._missing, rows.shape[1])
            self._missing -= early
            return self._as_given(self._run(rows)[:, early:])

    def flush(self) -> Audio:
        """Give the samples that are held back, and begin anew.

        Returns
        -------
        np.ndarray [shape as the last block, but up to `latency` samples; dtype=float32]
        """
        with self._lock:
            rest = self._run(np.zeros((self._channels, self.latency), np.float32))[:, self._missing :]
            self._begin()
            return self._as_given(rest)

    def reset(self) -> None:
        """Forget all past input, as if newly made. The controls stay."""
        with self._lock:
            self._begin()

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse names that are no controls."""
        if not name.startswith("_") and not hasattr(type(self), name):
            raise settings.unknown(self, name)
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        """Tell the model, the format and the settings."""
        limit = self.reduction_limit_db
        return (
            f"<Stream model={self.model!r} sample_rate={self.sample_rate:g} channels={self.channels} "
            f"strength={self.strength:g} % reduction_limit_db="
            f"{'off' if limit == REDUCTION_LIMIT_OFF else f'{limit:g} dB'} stereo_link={self.stereo_link} "
            f"listen={self.listen!r}>"
        )

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or sent to another process, for the audio that is held back cannot be."""
        raise TypeError("a Stream cannot be copied or pickled; make one where it is used, in each process")

    def _begin(self) -> None:
        self._processor.reset()
        self._missing = self.latency  # samples of the output that come before the first of the input

    def _rows(self, block: Audio) -> Audio:
        """Turn a block to (channels, samples), and keep in mind how it came."""
        if block.ndim == 1 and self._channels == 1:
            self._flat = True
            return block[np.newaxis]
        if block.ndim == 2 and self._channels in block.shape:
            self._flat = False
            if block.shape[0] != block.shape[1]:
                self._channels_last = block.shape[0] != self._channels
            return block.T if self._channels_last else block
        raise ValueError(
            f"the block has the shape {block.shape}, it must be ({self._channels}, samples) or "
            f"(samples, {self._channels}) in a stream of {self._channels} channel{'s' * (self._channels > 1)}"
        )

    def _as_given(self, rows: Audio) -> Audio:
        if self._flat:
            return rows.reshape(-1)
        return rows.T if self._channels_last else rows

    def _run(self, rows: Audio) -> Audio:
        limit = np.inf
        if self._reduction_limit_db < REDUCTION_LIMIT_OFF:  # rounded as hosts pass it, a 32-bit number from 0 to 1
            limit = float(np.float32(self._reduction_limit_db / REDUCTION_LIMIT_OFF)) * REDUCTION_LIMIT_OFF
        out = np.empty_like(rows)
        for start in range(0, rows.shape[1], _BLOCK):
            out[:, start : start + _BLOCK] = self._processor.process(
                rows[:, start : start + _BLOCK],
                strength=self._strength / 100.0,
                reduction_limit_db=limit,
                stereo_link=self._stereo_link,
                listen_removed=self._listen == "removed",
            )
        return out


def denoise(audio: npt.ArrayLike, sample_rate: float, **settings: Unpack[Settings]) -> Audio:
    """Denoise an array, in any thread.

    Parameters
    ----------
    audio : array-like [shape=(samples,), (channels, samples) or (samples, channels)]
        One recording; of two dimensions, the shorter is the channels. An array, list or tensor of floats with a full
        scale of 1, or of int16, int32 or uint8 as in WAV files. NaN and infinite samples count as 0.
    sample_rate : float
        In Hz, 8000 to 192000.
    **settings
        As of `Stream`: `strength`, `reduction_limit_db`, `stereo_link`, `listen`, `model`.

    Returns
    -------
    np.ndarray [shape as the input, dtype=float32]
        Of full scale 1, for integers too. ``torch.from_numpy`` makes a tensor of it without a copy.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        If the array holds no audio; otherwise as of `Stream`.

    Examples
    --------
    >>> clean = denoise(audio, 44100, reduction_limit_db=24)
    >>> with ThreadPoolExecutor() as pool:
    ...     cleaned = list(pool.map(lambda audio: denoise(audio, 16000), recordings))
    """
    given = arrays.samples(audio)
    last = arrays.channels_last(given)
    rows = np.atleast_2d(given.T if last else given)
    stream = Stream(sample_rate, max(len(rows), 1), **settings)
    if rows.size == 0:
        return np.zeros(given.shape, np.float32)
    whole = np.concatenate([stream.process(rows), stream.flush()], axis=1)
    return np.ascontiguousarray(whole.T if last else whole).reshape(given.shape)
