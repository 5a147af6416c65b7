"""Hosts of LADSPA, LV2 and CLAP that break every rule but those of memory: seeded sequences of calls.

Their rules of threads hold: what a host must not call while it processes, it does not.
"""

import ctypes
import functools
import math
import random
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from clap_host import FLAG, REAL, TEXT, WORD, Buffer, EventList, Header, ParamValue, Plugin, PortInfo, Process
from engine_models import fixed_outputs
from port_hosts import CHANNELS, VOID, Ladspa, Lv2, Ported

from speechenh_plugin import preset
from training.network.front_end import fullband, narrowband

LONGEST = 20000  # samples; more than twice what the plug-in takes at once
REALS = (0.0, 0.25, 1.0, 100.0, -0.0, -1.0, 2.0, 1e300, 5e-324, math.inf, -math.inf, math.nan)
RATES = (8000, 11025, 44100, 48000, 192000)
NUMBERS = (0, 1, 2, 3, 5, 6, 64, 2**31 - 1, 2**32 - 1)
SOUND = np.random.default_rng(0).standard_normal((2, LONGEST)).astype(np.float32)
SOUND[:, 3::97] = np.nan
SOUND[:, 5::89] = np.inf
SOUND[:, 7::83] = 1e-40
STATES = [
    preset.pack_state(preset.State(values, model))
    for values, model in [
        ({}, ""),
        ({0: 40.0, 1: 12.0, 2: 0.0, 3: 1.0, 4: 0.0}, "cr_ced"),
        ({}, fixed_outputs(narrowband(), magnitude=np.full((129, 1), 0.5))),
        ({}, fixed_outputs(fullband(lookahead=1), gains=np.full((129, 1), 0.5))),
    ]
]
CLEAN = np.nan_to_num(SOUND[:, :3000], nan=0.1, posinf=0.1, neginf=0.1)


# --- LADSPA and LV2


def make(kind: type[Ladspa] | type[Lv2], name: str, rate: int) -> Ported:
    plugin = kind(name, rate)
    assert plugin.handle
    return plugin


@functools.cache
def fresh_ports(kind: type[Ladspa] | type[Lv2], name: str, rate: int) -> bytes:
    """What a new instance makes of a sound."""
    plugin = make(kind, name, rate)
    plugin.activate()
    output = plugin.process(CLEAN[: CHANNELS[name]])
    plugin.close()
    return output.tobytes()


def run_block(chance: random.Random, plugin: Ported, channels: int) -> None:
    source = SOUND[:channels, : chance.choice((0, 1, 63, 480, 8192, LONGEST))].copy()
    target = source if chance.random() < 0.3 else np.full_like(source, 9)
    plugin.attach(source, target)
    if chance.random() < 0.2:
        plugin.connect(chance.choice(plugin.inputs + plugin.outputs), None)
        plugin.run(source.shape[1])
        plugin.attach(source, target)
        return
    plugin.run(source.shape[1])
    assert np.isfinite(target).all()


def ports(kind: type[Ladspa] | type[Lv2], chance: random.Random) -> str:
    """Mistreat an instance; afterwards it must serve a well-behaved host as a new one does, bit for bit."""
    name, rate = chance.choice([*CHANNELS]), chance.choice(RATES[:4])
    assert not kind(name, chance.choice((0, 1, 7999, 192001, 2**31))).handle
    plugin = make(kind, name, rate)
    before = {key: value.value for key, value in plugin.values.items()}
    active = False
    for _ in range(chance.randint(1, 25)):
        step = chance.random()
        if step < 0.2:
            plugin.activate()
            active = True
        elif step < 0.3:
            plugin.call("deactivate")
            active = False
        elif step < 0.5:
            plugin.values[chance.choice([*plugin.values])].value = chance.choice(REALS)
        elif step < 0.55:
            plugin.connect(chance.choice((99, 2**31, 2**32 - 1)), None)
        elif step < 0.6 and isinstance(plugin, Lv2):
            wrong = chance.choice((b"", b"\0", b"/no/such/file\0", b"/dev/null\0", b"unfinished"))
            assert plugin.restore({b"urn:deepdenoise:model": (b"http://lv2plug.in/ns/ext/atom#Path", wrong)})
            assert plugin.save()[0] == 0
        else:
            run_block(chance, plugin, CHANNELS[name])
    for key, value in before.items():
        plugin.values[key].value = value
    if active:
        plugin.call("deactivate")
    plugin.activate()  # a switch of models that is under way has ended, and the best one is taken up
    plugin.process(CLEAN[: CHANNELS[name], :1])
    plugin.activate()
    assert plugin.process(CLEAN[: CHANNELS[name]]).tobytes() == fresh_ports(kind, name, rate)
    plugin.close()
    return "served"


# --- CLAP


@functools.cache
def fresh_clap(channels: int, rate: float) -> bytes:
    """What a new instance makes of a sound."""
    plugin = Plugin()
    output = settle(plugin, channels, rate)
    plugin.close()
    return output


def settle(plugin: Plugin, channels: int, rate: float) -> bytes:
    """Bring an instance that is not active to a known condition; give what it then makes of a sound."""
    assert plugin.load(STATES[3])
    assert plugin.select(channels)
    assert plugin.activate(rate)
    return plugin.process(CLEAN[:channels]).tobytes()


def strange_events(chance: random.Random) -> EventList:
    size, half = ctypes.sizeof(ParamValue), ctypes.sizeof(Header)

    def event() -> Any:
        time, space, kind = chance.choice(NUMBERS), chance.choice((0, 0, 0, 1)), chance.choice((5, 5, 5, 0, 6, 99))
        if chance.random() < 0.2:
            return chance.choice((None, Header(half, time, space, kind, 0)))
        value = chance.choice((*REALS, 3.0, 50.0))
        return ParamValue(Header(size, time, space, kind, 0), chance.choice(NUMBERS), None, -1, 0, 0, 0, value)

    return EventList(others=[event() for _ in range(chance.randint(0, 6))])


def clap_process(chance: random.Random, plugin: Plugin) -> None:
    channels = [chance.choice((1, 2, 2))] * 2
    if chance.random() < 0.2:
        channels[0] = chance.choice((1, 2))
    source = SOUND[: max(channels), : chance.choice((0, 1, 63, 480, 8192, LONGEST))].copy()
    target = source if chance.random() < 0.3 else np.full_like(source, 9)
    rows = [(VOID * 2)(*(row.ctypes.data for row in array)) for array in (source, target)]
    if chance.random() < 0.2:
        chance.choice(rows)[chance.randrange(max(channels))] = None
    buffers = [Buffer(ctypes.addressof(row), None, count, 0, 0) for row, count in zip(rows, channels, strict=True)]
    for buffer in buffers:
        if chance.random() < 0.1:
            buffer.data32 = None
    events = strange_events(chance)
    data = Process(0, source.shape[1], None, *(ctypes.addressof(buffer) for buffer in buffers), 1, 1)
    data.in_events = ctypes.addressof(events.table) if chance.random() < 0.9 else None
    if chance.random() < 0.1:
        data.inputs, data.input_count = chance.choice(((None, 1), (data.inputs, 0)))
    if chance.random() < 0.1:
        data.outputs, data.output_count = chance.choice(((None, 1), (data.outputs, 0)))
    if plugin.method("process", ctypes.c_int32, data) == 1 and data.outputs and data.output_count:
        assert np.isfinite(target[: channels[1]]).all()


def clap_state(chance: random.Random, plugin: Plugin) -> None:
    data = bytearray(chance.choice(STATES))
    if chance.random() < 0.5:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    if chance.random() < 0.2:
        del data[chance.randrange(len(data)) :]
    plugin.load(bytes(data))
    plugin.save()


def clap_questions(chance: random.Random, plugin: Plugin) -> None:
    number, value = chance.choice(NUMBERS), chance.choice(REALS)
    text = chance.choice((b"", b"50 %", b"on", b"custom", b"x" * 300, b"nan", b"1e999"))
    answer, space = REAL(), ctypes.create_string_buffer(2000)
    chance.choice((
        lambda: plugin.extension("params", 1, FLAG, WORD(number), space),
        lambda: plugin.extension("params", 2, FLAG, WORD(number), VOID(ctypes.addressof(answer))),
        lambda: plugin.extension("params", 3, FLAG, WORD(number), REAL(value), space, WORD(chance.choice((0, 1, 64)))),
        lambda: plugin.extension("params", 4, FLAG, WORD(number), TEXT(text), VOID(ctypes.addressof(answer))),
        lambda: plugin.flush_events(strange_events(chance)),
        lambda: plugin.extension("audio-ports", 1, FLAG, WORD(number), FLAG(True), PortInfo()),
        lambda: plugin.extension("audio-ports-config", 1, FLAG, WORD(number), space),
        lambda: plugin.select(number),
        lambda: plugin.extension("tail", 0, WORD),
        plugin.latency,
        lambda: plugin.method("on_main_thread", None),
        lambda: plugin.method("get_extension", VOID, TEXT(b"clap.gui")),
    ))()  # fmt: skip


def clap(chance: random.Random) -> str:
    """Mistreat an instance; afterwards it must serve a well-behaved host as a new one does, bit for bit."""
    plugin = Plugin()
    calls: tuple[Callable[[], object], ...] = (
        lambda: plugin.activate(chance.choice((*RATES, 0.0, 7999.0, math.nan, math.inf))),
        plugin.deactivate,
        lambda: plugin.method("reset", None),
        lambda: clap_state(chance, plugin),
        lambda: clap_questions(chance, plugin),
        *[lambda: clap_process(chance, plugin)] * 4,
    )
    for _ in range(chance.randint(1, 25)):
        chance.choice(calls)()
    threads = chance.random() < 0.3
    if threads:  # states and questions come while the audio thread runs
        over, failures, own = threading.Event(), [], random.Random(chance.random())

        def audio() -> None:
            try:
                while not over.is_set():
                    clap_process(own, plugin)
            except AssertionError as error:
                failures.append(error)

        thread = threading.Thread(target=audio)
        thread.start()
        for _ in range(chance.randint(1, 10)):
            chance.choice((clap_state, clap_state, clap_questions))(chance, plugin)
        over.set()
        thread.join()
        assert not failures, failures
    plugin.deactivate()
    channels, rate = chance.choice((1, 2)), chance.choice((8000.0, 48000.0))
    assert settle(plugin, channels, rate) == fresh_clap(channels, rate)
    plugin.close()
    return "two threads" if threads else "one thread"


SHELLS: dict[str, Callable[[random.Random], str]] = {
    "ladspa": functools.partial(ports, Ladspa),
    "lv2": functools.partial(ports, Lv2),
    "clap": clap,
}
"""Cases by what they mistreat."""
