"""A host that breaks every rule but the one that its pointers are pointers: seeded sequences of calls."""

import ctypes
import functools
import math
import random
import threading
from collections.abc import Callable

import numpy as np
from bare_host import (
    FALSE,
    INVALID,
    MONO,
    NOT_INITIALIZED,
    OK,
    STEREO,
    SURROUND,
    VOID,
    Bus,
    Data,
    Offered,
    Plugin,
    Stream,
    method,
)
from engine_models import fixed_outputs

from speechenh_plugin import preset
from training.network.front_end import fullband, narrowband

LONGEST = 20000  # samples; more than twice what the plug-in takes at once
NUMBERS = (-(2**31), -1, 0, 1, 2, 3, 5, 6, 64, 2**31 - 1)
REALS = (0.0, 0.25, 1.0, -0.0, -1.0, 2.0, 1e300, 5e-324, math.inf, -math.inf, math.nan)
RATES = (8000.0, 11025.0, 44100.0, 48000.0, 192000.0, 7999.0, 1e9, *REALS)
STATES = [
    preset.pack_state(preset.State(values, model))
    for values, model in [
        ({}, ""),
        ({0: 40.0, 1: 12.0, 2: 0.0, 3: 1.0, 4: 0.0}, ""),
        ({}, fixed_outputs(narrowband(), magnitude=np.full((129, 1), 0.5))),
        ({}, fixed_outputs(fullband(lookahead=1), gains=np.full((129, 1), 0.5))),
    ]
]
SOUND = np.random.default_rng(0).standard_normal((64, LONGEST)).astype(np.float32)
SOUND[:, 3::97] = np.nan
SOUND[:, 5::89] = np.inf
SOUND[:, 7::83] = 1e-40


class Liar(Stream):
    """A stream that says other than it did."""

    def __init__(self, chance: random.Random, data: bytes) -> None:
        super().__init__(data)
        self.chance = chance

    def _read(self, _: object, buffer: int, size: int, count: ctypes.Array[ctypes.c_int32]) -> int:
        result = super()._read(_, buffer, size, count)
        if self.chance.random() < 0.2:
            count[0] = self.chance.choice((*NUMBERS, size, size + 1))
        return result if self.chance.random() < 0.9 else self.chance.choice((FALSE, -1))


def changes(chance: random.Random) -> Offered:
    """Parameter changes: null queues, unknown parameters, values out of range, counts that are not true."""
    number, address = ctypes.c_int32, ctypes.POINTER(ctypes.c_int32)

    def point(_: object, index: int, offset: ctypes.Array[ctypes.c_int32], value: ctypes.Array[ctypes.c_double]) -> int:
        offset[0], value[0] = chance.choice(NUMBERS), chance.choice(REALS)
        return chance.choice((OK, OK, FALSE))

    queue = Offered(
        (lambda _: chance.choice((0, 1, 2, 3, 4, 5, 6, 2**32 - 1)), ctypes.c_uint32),
        (lambda _: chance.choice(NUMBERS), number),
        (point, number, number, address, ctypes.POINTER(ctypes.c_double)),
    )
    result = Offered(
        (lambda _: chance.choice((-1, 0, 1, 5, 40)), number),
        (lambda *_: chance.choice((None, ctypes.addressof(queue.pointer.contents))), VOID, number),
    )
    result.queue = queue  # type: ignore[attr-defined]  # lives as long
    return result


def bus(chance: random.Random, array: np.ndarray, channels: int) -> Bus:
    """One bus over the rows of an array, or over nothing."""
    pointer = ctypes.POINTER(ctypes.c_float)
    rows = [array[c].ctypes.data_as(pointer) for c in range(max(channels, 0))]
    if rows and chance.random() < 0.2:
        rows[chance.randrange(len(rows))] = pointer()
    if chance.random() < 0.1:
        return Bus(channels, 0, None)
    return Bus(channels, 0, (pointer * max(len(rows), 1))(*rows))


def process(chance: random.Random, plugin: Plugin) -> None:
    channels = [chance.choice((1, 1, 2, 2, 2, 2, 2, 6, 64, 0, -1))] * 2
    if chance.random() < 0.2:
        channels[0] = chance.choice((0, 1, 2, 3))
    source = SOUND[: max(*channels, 1), : chance.choice((1, 63, 480, 8192, LONGEST))].copy()
    target = source if chance.random() < 0.3 else np.full_like(source, np.nan)
    ends = [
        ctypes.pointer(bus(chance, array, count)) if chance.random() < 0.95 else None
        for array, count in zip((source, target), channels, strict=True)
    ]
    samples = chance.choice((source.shape[1],) * 6 + (0, -1, -(2**31)))
    counts = [chance.choice((1,) * 8 + (0, -1)) for _ in ends]
    offered = changes(chance) if chance.random() < 0.5 else None
    data = Data(0, chance.choice((0,) * 9 + (1, 7)), samples, *counts, *ends)
    data.changes = offered and ctypes.addressof(offered.pointer.contents)
    result = method(plugin.processor, 9, VOID)(ctypes.byref(data))
    assert result in (OK, INVALID, NOT_INITIALIZED)
    if result == OK and samples > 0 and counts[1] > 0 and ends[1]:
        assert np.isfinite(target[: channels[1], :samples]).all()


def set_state(chance: random.Random, plugin: Plugin) -> None:
    data = chance.choice(STATES)
    stream = Liar(chance, data) if chance.random() < 0.3 else Stream(data)
    method(plugin.component, chance.choice((12, 12, 12, 13)), VOID)(stream.pointer if chance.random() < 0.95 else None)


def arrange(chance: random.Random, plugin: Plugin) -> None:
    types = (VOID, ctypes.c_int32, VOID, ctypes.c_int32)
    layouts = [chance.choice((MONO, STEREO, STEREO, SURROUND, 2**64 - 1, 0))] * 2
    if chance.random() < 0.2:
        layouts[0] = MONO
    arrays = [(ctypes.c_uint64 * 1)(layout) if chance.random() < 0.9 else None for layout in layouts]
    counts = [chance.choice((1,) * 8 + (0, -1)) for _ in arrays]
    method(plugin.processor, 3, *types)(arrays[0], counts[0], arrays[1], counts[1])


def setup(chance: random.Random, plugin: Plugin) -> None:
    rate = chance.choice(RATES[:5]) if chance.random() < 0.7 else chance.choice(RATES)
    plugin.setup(rate, chance.choice((0,) * 9 + (1, 7)), chance.choice(NUMBERS))


def parameters(chance: random.Random, plugin: Plugin) -> None:
    real, word, controller = ctypes.c_double, ctypes.c_uint32, plugin.controller
    identity, value = chance.choice((0, 1, 2, 3, 4, 5, 6, 2**32 - 1)), chance.choice(REALS)
    text = chance.choice(
        (None, *(t.encode("utf-16-le") for t in ("", "50 %", "on", "custom", "é" * 200, "nan", "1e999")))
    )
    index = chance.choice(NUMBERS)
    info = ctypes.create_string_buffer(1024)
    chance.choice((
        lambda: method(controller, 9, ctypes.c_int32, VOID)(index, info),
        lambda: method(controller, 10, word, real, VOID)(identity, value, chance.choice((None, info))),
        lambda: method(controller, 11, word, VOID, VOID)(
            identity, text and ctypes.create_string_buffer(text + bytes(2)), ctypes.byref(real())
        ),
        lambda: method(controller, 12, word, real, result=real)(identity, value),
        lambda: method(controller, 13, word, real, result=real)(identity, value),
        lambda: method(controller, 14, word, result=real)(identity),
        lambda: method(controller, 15, word, real)(identity, value),
        lambda: method(controller, 16, VOID)(None),
    ))()  # fmt: skip


def queries(chance: random.Random, plugin: Plugin) -> None:
    number, index = ctypes.c_int32, chance.choice(NUMBERS)
    numbers = [chance.choice((0, 0, 1, index)) for _ in range(3)]
    space = ctypes.create_string_buffer(1024)
    chance.choice((
        lambda: method(plugin.component, 0, VOID, VOID)(chance.choice((None, bytes(16))), chance.choice((None, space))),
        lambda: method(plugin.component, 7, number, number)(*numbers[:2]),
        lambda: method(plugin.component, 8, number, number, number, VOID)(*numbers, space),
        lambda: method(plugin.component, 10, number, number, number, ctypes.c_uint8)(*numbers, 1),
        lambda: method(plugin.processor, 4, number, number, VOID)(*numbers[:2], space),
        lambda: method(plugin.processor, 5, number)(index),
        plugin.latency,
        plugin.get_state,
        lambda: method(plugin.processor, 10, result=ctypes.c_uint32)(),
    ))()  # fmt: skip


CALLS: tuple[Callable[[random.Random, Plugin], object], ...] = (
    lambda chance, plugin: plugin.initialize(),
    lambda chance, plugin: method(plugin.component, 4)(),
    lambda chance, plugin: plugin.active(chance.random() < 0.7),
    lambda chance, plugin: plugin.processing(chance.random() < 0.7),
    set_state,
    set_state,
    arrange,
    setup,
    parameters,
    queries,
)


def concurrent(chance: random.Random, plugin: Plugin) -> None:
    """Do anything while another thread processes, as hosts do when a session is recalled."""
    own = random.Random(chance.random())
    over = threading.Event()
    failures: list[BaseException] = []

    def audio() -> None:
        try:
            while not over.is_set():
                process(own, plugin)
        except AssertionError as error:
            failures.append(error)

    thread = threading.Thread(target=audio)
    thread.start()
    for _ in range(chance.randint(1, 20)):
        chance.choice(CALLS)(chance, plugin)
    over.set()
    thread.join()
    assert not failures, failures


def settle(plugin: Plugin, rate: float, arrangement: int) -> bytes:
    """Bring an instance in any condition to a known one; give what it then makes of a sound."""
    assert plugin.initialize() == OK
    assert plugin.set_state(STATES[3]) == OK
    assert plugin.arrange([arrangement], [arrangement]) == OK
    assert plugin.setup(rate) == OK
    for state in (False, True):
        assert plugin.active(state) == OK
        assert plugin.processing(state) == OK
    result, output, _ = plugin.process(SOUND[: arrangement.bit_count(), :3000])
    assert result == OK
    return output.tobytes()


@functools.cache
def settled(rate: float, arrangement: int) -> bytes:
    """What a fresh instance makes of it."""
    plugin = Plugin()
    output = settle(plugin, rate, arrangement)
    plugin.close()
    return output


def hostile_calls(chance: random.Random) -> str:
    """Mistreat an instance; afterwards it must serve a well-behaved host as a fresh one does, bit for bit."""
    plugin = Plugin()
    for _ in range(chance.randint(1, 30)):
        chance.choice((*CALLS, process, process, process, process))(chance, plugin)
    threads = chance.random() < 0.2
    if threads:
        concurrent(chance, plugin)
    rate, arrangement = chance.choice((8000.0, 48000.0)), chance.choice((MONO, STEREO))
    assert settle(plugin, rate, arrangement) == settled(rate, arrangement)
    plugin.close()
    return "two threads" if threads else "one thread"
