"""``deepdenoise live``: from a microphone to a loudspeaker or a virtual cable."""

from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..constants import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE
from ..devices import DeviceError, Duplex, choose, names
from ..stream import Stream
from . import options, terminal

_FLOOR_DB = -60.0
_WIDTH = 40


def live(
    source: Annotated[
        str | None, typer.Option("--input", "-i", metavar="DEVICE", help="Device to hear. \\[default: the system's]")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="DEVICE", help="Device to play. \\[default: the system's]")
    ] = None,
    devices: Annotated[bool, typer.Option("--list-devices", "--devices", help="List the devices, and end.")] = False,
    rate: Annotated[
        int, typer.Option(metavar="HZ", min=MIN_SAMPLE_RATE, max=MAX_SAMPLE_RATE, help="Sample rate of both devices.")
    ] = 48000,
    channels: Annotated[int, typer.Option(min=1, max=2, help="Channels of the input device to hear.")] = 1,
    block: Annotated[
        int, typer.Option(metavar="SAMPLES", min=16, max=8192, help="Samples at once; more latency, fewer gaps.")
    ] = 480,
    preset: options.Preset = None,
    strength: options.Strength = None,
    reduction_limit: options.ReductionLimit = None,
    listen: options.Listen = None,
    model: options.Model = None,
) -> None:
    """Denoise live sound, with meters of level and reduction; Ctrl-C ends."""
    if devices:
        _list_devices()
        return
    with options.usage_errors():
        settings = options.settings(
            preset=preset, strength=strength, reduction_limit=reduction_limit, listen=listen, model=model
        )
        Stream(rate, **settings)
    try:
        heard, played = choose(source, output)
        with Duplex(heard, played, sample_rate=rate, channels=channels, block=block) as duplex:
            _run(duplex, Stream(rate, duplex.channels, **settings))
    except KeyboardInterrupt:
        return
    except DeviceError as error:
        terminal.fail(f"{error} ('deepdenoise live --list-devices' lists all devices)")


def _list_devices() -> None:
    inputs, outputs = names()
    if not inputs and not outputs:
        terminal.fail("there is no sound device; plug one in, or start the system's sound service")
    table = Table("input", "output")
    for row in range(max(len(inputs), len(outputs))):
        table.add_row(*(listed[row] if row < len(listed) else "" for listed in (inputs, outputs)))
    Console().print(table)


def _run(duplex: Duplex, stream: Stream) -> None:
    before = after = _FLOOR_DB
    with Live(console=terminal.errors, refresh_per_second=12, transient=True) as screen:
        while True:
            block = duplex.read()
            result = stream.process(block)
            if result.shape[1]:
                duplex.write(result)
                before, after = _smooth(before, block), _smooth(after, result)
                screen.update(meters(before, after, duplex.lost))


def _smooth(level: float, audio: npt.NDArray[np.float32]) -> float:
    """Follow a level: up at once, down by an eighth of the way each block."""
    new = max(_FLOOR_DB, float(10 * np.log10(np.mean(np.square(audio)) + 1e-12)))
    return new if new > level else level + (new - level) / 8


def meters(before: float, after: float, lost: float) -> Table:
    """Draw the levels before and after in dBFS, their difference, and how many seconds were lost."""
    table = Table.grid(padding=(0, 1))
    for name, value, colour in (("input", before, "green"), ("output", after, "cyan")):
        length = round(_WIDTH * (value - _FLOOR_DB) / -_FLOOR_DB)
        table.add_row(name, Text("█" * length, style=colour).append(" " * (_WIDTH - length)), f"{value:6.1f} dBFS")
    reduction = max(0.0, before - after)
    length = min(_WIDTH, round(_WIDTH * reduction / -_FLOOR_DB))
    table.add_row("reduction", Text("█" * length, style="red").append(" " * (_WIDTH - length)), f"{reduction:6.1f} dB")
    if lost:
        table.add_row("lost", Text("this machine was too slow: give --block more samples"), f"{lost:6.2f} s")
    return table
