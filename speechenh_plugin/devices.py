"""Sound devices: from a microphone, to a loudspeaker or a virtual cable."""

import queue
import threading
import time
from typing import Self

import numpy as np
import numpy.typing as npt
from pedalboard.io import AudioStream

Audio = npt.NDArray[np.float32]

THREAD = "deepdenoise-live"
"""Name of the thread that plays; it is left behind where a device is gone."""

_PATIENCE = 2.0  # seconds without sound after which a device is gone
_AHEAD = 4  # blocks that may wait to be played


class DeviceError(Exception):
    """A sound device that cannot be used; the message says why, and what to do."""


def names() -> tuple[list[str], list[str]]:
    """List the names of all devices: those to hear, and those to play."""
    return list(AudioStream.input_device_names), list(AudioStream.output_device_names)


def choose(source: str | None = None, output: str | None = None) -> tuple[str, str]:
    """Name the devices to use.

    Parameters
    ----------
    source, output : str, optional
        By default, those of the system.

    Returns
    -------
    tuple of str

    Raises
    ------
    DeviceError
        If there is none, or none of that name.
    """
    inputs, outputs = names()
    source = source or AudioStream.default_input_device_name
    output = output or AudioStream.default_output_device_name
    missing = " and ".join(kind for kind, name in (("input", source), ("output", output)) if not name)
    if not source or not output:
        raise DeviceError(f"there is no sound device for {missing}; plug one in, or start the system's sound service")
    for kind, name, known in (("input", source, inputs), ("output", output, outputs)):
        if name not in known:
            raise DeviceError(f"there is no {kind} device {name!r}; there are: {', '.join(known) or 'none'}")
    return source, output


class Duplex:
    """Two open devices.

    Parameters
    ----------
    source, output : str
        Names of the devices, see `choose`.
    sample_rate : int
        In Hz, of both.
    channels : int
        Channels to hear; fewer if a device has fewer.
    block : int
        Samples at once.

    Attributes
    ----------
    channels : int
        Channels of each block.
    lost : float
        Seconds of sound that nobody fetched in time.

    Raises
    ------
    DeviceError
        If a device cannot be opened, has no channels or another rate; from `read` and `write`, if it is gone.
    """

    def __init__(self, source: str, output: str, *, sample_rate: int = 48000, channels: int = 1, block: int = 480):
        self._names, self._rate, self._block = (source, output), sample_rate, block
        self._waiting: queue.Queue[Audio | None] = queue.Queue(_AHEAD)
        self._failed: str | None = None
        self.lost = 0.0
        self._heard = self._open(source, None, channels)
        try:
            self._played = self._open(None, output, channels)
        except DeviceError:
            self._heard.close()
            raise
        self.channels = min(channels, self._heard.num_input_channels, self._played.num_output_channels)
        self._thread = threading.Thread(target=self._play, name=THREAD, daemon=True)

    def _open(self, source: str | None, output: str | None, channels: int) -> AudioStream:
        name, kind = (source, "input") if source else (output, "output")
        try:
            stream = AudioStream(
                source, output, sample_rate=self._rate, buffer_size=self._block, num_input_channels=channels
            )
        except (ValueError, RuntimeError) as error:
            raise DeviceError(f"{name} cannot be opened: {error}") from None
        if not (stream.num_input_channels if source else stream.num_output_channels):
            stream.close()
            raise DeviceError(f"{name} has no {kind} channel; choose another device")
        if stream.sample_rate != self._rate:
            stream.close()
            raise DeviceError(
                f"{name} opens at {stream.sample_rate:g} Hz, not at {self._rate} Hz; choose a rate that both have"
            )
        return stream

    def __enter__(self) -> Self:
        self._heard.__enter__()
        self._played.__enter__()
        # Sound that nobody fetched in time is lost: no reason to stop, but one to tell.
        self._heard.ignore_dropped_input = True
        self._thread.start()
        try:
            self.read()  # what was heard while the other device opened
        except BaseException:
            self.__exit__()
            raise
        self.lost = 0.0
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._waiting.put(None, timeout=_PATIENCE)
            self._thread.join(_PATIENCE)
        except queue.Full:
            pass
        self._heard.__exit__(None, None, None)
        if not self._thread.is_alive():  # else it is within the device, which may not go away under it
            self._played.__exit__(None, None, None)

    def read(self) -> Audio:
        """Wait for the next block.

        Returns
        -------
        np.ndarray [shape=(channels, block), dtype=float32]
        """
        end = time.monotonic() + _PATIENCE
        while (self._heard.buffered_input_sample_count or 0) < self._block:
            if not self._heard.running or time.monotonic() > end:
                raise DeviceError(f"{self._names[0]} gives no sound any more; was it unplugged?")
            time.sleep(self._block / self._rate / 8)
        self.lost += self._heard.dropped_input_frame_count / self._rate
        return self._heard.read(self._block)[: self.channels]

    def write(self, audio: Audio) -> None:
        """Play a block, as soon as those before it are played.

        Parameters
        ----------
        audio : np.ndarray [shape=(channels, samples)]
        """
        try:
            self._waiting.put(np.ascontiguousarray(audio), timeout=_PATIENCE)
        except queue.Full:
            self._failed = "takes no sound any more"
        if self._failed or not self._played.running:
            raise DeviceError(f"{self._names[1]} {self._failed or 'has stopped'}; was it unplugged?")

    def _play(self) -> None:
        while (audio := self._waiting.get()) is not None and self._failed is None:
            try:
                self._played.write(audio, self._rate)
            except RuntimeError as error:
                self._failed = f"cannot be played to ({error})"
                return
