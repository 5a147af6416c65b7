"""Running a recording through an effect, block by block."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
from pedalboard import Chain, ExternalPlugin, Mix, Pedalboard  # type: ignore[attr-defined]  # its type stubs leave it out

from ..arrays import MAX_CHANNELS
from ..stream import Stream

if TYPE_CHECKING:
    from .recording import Reader

Audio = npt.NDArray[np.float32]

BLOCK = 65536
"""Samples that are read, denoised and written at once."""

_BUFFER = 8192  # samples that pedalboard passes to an effect at once
_LONGEST_LATENCY = 60  # seconds of silence after which an effect is taken to give no more output


class Effect(Protocol):
    """What a `DeepDenoise`, any other pedalboard plug-in and a `pedalboard.Pedalboard` have in common."""

    def process(self, input_array: Audio, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> Audio:
        """Process an array of shape (channels, samples)."""

    def reset(self) -> None:
        """Forget the audio of earlier calls."""


def through_stream(stream: Stream, reader: "Reader") -> Iterator[Audio]:
    """Yield what a stream makes of a recording, as long as it and aligned with it."""
    for block in reader.blocks(BLOCK):
        yield stream.process(block)
    yield stream.flush().reshape(reader.channels, -1)


def through_effect(effect: Effect, reader: "Reader") -> Iterator[Audio]:
    """Yield what an effect makes of a recording, as long as it and aligned with it.

    Parameters
    ----------
    effect : Effect
        Its latency is compensated.
    reader : Reader
        At its start.

    Raises
    ------
    RuntimeError
        If the effect gives fewer samples than it gets.
    ValueError
        If it holds a plug-in and the recording has more than `MAX_CHANNELS` channels: pedalboard would give silence.
    """
    rate, channels = reader.sample_rate, reader.channels
    if channels > MAX_CHANNELS and _holds(effect, ExternalPlugin):
        raise ValueError(f"a board with a plug-in takes up to {MAX_CHANNELS} channels, not {channels}")
    silence = np.zeros((channels, _BUFFER), np.float32)
    # Prepares for the longest buffer, for which some effects would else reset amid a stream, and tells pedalboard
    # which dimension is which; then resets.
    effect.process(silence, rate, _BUFFER)
    effect.process(silence[:, :0], rate, _BUFFER)
    if _holds(effect, Mix):
        yield effect.process(np.concatenate([silence[:, :0], *reader.blocks(BLOCK)], axis=1), rate, _BUFFER)
        return
    missing = 0
    for block in reader.blocks(BLOCK):
        result = effect.process(block, rate, _BUFFER, reset=False)
        missing += block.shape[1] - result.shape[1]
        yield result
    patience = _LONGEST_LATENCY * rate
    while missing > 0:
        result = effect.process(silence, rate, _BUFFER, reset=False)[:, :missing]
        missing -= result.shape[1]
        patience -= silence.shape[1]
        if patience < 0:
            raise RuntimeError(f"{effect!r} gave {missing} samples too few")
        yield result


def _holds(effect: object, kind: type) -> bool:
    if isinstance(effect, kind):
        return True
    return isinstance(effect, Pedalboard | Chain | Mix) and any(_holds(part, kind) for part in effect)
