"""``deepdenoise live``: from a microphone to a loudspeaker or a virtual cable."""

from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from pedalboard.io import AudioStream
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..effect import DeepDenoise
from . import options, terminal

_FLOOR_DB = -60.0
_WIDTH = 40


def live(
    source: Annotated[
        str | None, typer.Option("--input", "-i", help="Device to hear. \\[default: the system's]")
    ] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="Device to play. \\[default: the system's]")] = (
        None
    ),
    devices: Annotated[bool, typer.Option("--devices", help="List the devices, and end.")] = False,
    rate: Annotated[int, typer.Option(min=8000, max=192000, help="Sample rate in Hz.")] = 48000,
    channels: Annotated[int, typer.Option(min=1, max=2, help="Channels of the input device to hear.")] = 1,
    block: Annotated[int, typer.Option(min=16, max=8192, help="Samples at once; more latency, fewer gaps.")] = 480,
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
    source = source or AudioStream.default_input_device_name
    output = output or AudioStream.default_output_device_name
    if not source or not output:
        terminal.fail("there is no sound device for " + ("input" if not source else "output"))
    with options.usage_errors():
        effect = DeepDenoise(**options.settings(preset, strength, reduction_limit, None, listen, model))
    try:
        _run(effect, source, output, rate, channels, block)
    except KeyboardInterrupt:
        return
    except (ValueError, RuntimeError) as error:
        terminal.fail(f"the devices cannot be used: {error}; 'deepdenoise live --devices' lists them", 1)


def _list_devices() -> None:
    table = Table("input", "output")
    inputs, outputs = AudioStream.input_device_names, AudioStream.output_device_names
    for row in range(max(len(inputs), len(outputs))):
        table.add_row(*(names[row] if row < len(names) else "" for names in (inputs, outputs)))
    terminal.errors.print(table)


def _run(effect: DeepDenoise, source: str, output: str, rate: int, channels: int, block: int) -> None:
    with (
        AudioStream(source, None, sample_rate=rate, buffer_size=block, num_input_channels=channels) as microphone,
        AudioStream(None, output, sample_rate=rate, buffer_size=block) as loudspeaker,
        Live(console=terminal.errors, refresh_per_second=12, transient=True) as screen,
    ):
        for device, opened in ((source, microphone.sample_rate), (output, loudspeaker.sample_rate)):
            if opened != rate:
                raise ValueError(
                    f"{device} opens at {opened:g} Hz, not at {rate} Hz; give --rate a rate that both have"
                )
        channels = min(microphone.num_input_channels, loudspeaker.num_output_channels)
        effect.process(np.zeros((channels, 0), np.float32), rate)
        # Sound that nobody fetched in time is lost: no reason to stop, but one to tell.
        microphone.ignore_dropped_input = True
        microphone.read(block)  # what was heard while the other device opened
        lost = 0
        before = after = _FLOOR_DB
        while microphone.running and loudspeaker.running:
            lost += microphone.dropped_input_frame_count
            heard = microphone.read(block)[:channels]
            result = effect.process(heard, rate, reset=False)
            if result.shape[1]:
                loudspeaker.write(np.ascontiguousarray(result), rate)
                before, after = _smooth(before, heard), _smooth(after, result)
                screen.update(meters(before, after, lost / rate))


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
