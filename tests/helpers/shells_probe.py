"""Run by test_realtime_shells.py in a process of its own, with realtime_guard.c preloaded: prints its counts, as JSON.

``shells_probe.py GUARD``: LADSPA, LV2 and CLAP at several rates, in blocks of 1 to 8192 samples, with all settings.
"""

import ctypes
import itertools
import json
import sys
from typing import Any

import numpy as np
from clap_host import EventList
from clap_host import Plugin as Clap
from port_hosts import CHANNELS, VOID, Ladspa, Lv2

guard = ctypes.CDLL(sys.argv[1])
BLOCKS = (1, 64, 480, 8192)
RATES = (8000, 44100, 48000, 192000)


def count(function: int, handle: Any, second: Any) -> list[int]:
    """Count what a call does; the guard passes the engine's arguments, of which these functions take two."""
    number, real = ctypes.c_int(0), ctypes.c_float(0)
    arguments = (VOID(function), handle, second, None, number, real, real, number, number)
    return [guard.guarded_calls(*arguments), max(0, guard.makes_system_call(*arguments))]


def add(total: list[int], more: list[int]) -> None:
    total[:] = [a + b for a, b in zip(total, more, strict=True)]


def sound(channels: int, samples: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal((channels, samples))).astype(np.float32)


counts: dict[str, list[int]] = {}
for kind, name, rate in itertools.product((Ladspa, Lv2), CHANNELS, RATES):
    plugin = kind(name, rate)
    plugin.activate()
    total = counts.setdefault(f"{kind.__name__} {name} {rate}", [0, 0])
    for block in BLOCKS:
        source = sound(CHANNELS[name], block)
        plugin.attach(source, np.empty_like(source))
        for values in itertools.product((100.0, 0.0, 50.0), (0.0, 1.0)):
            for title, value in zip(("Strength", "Listen"), values, strict=True):
                plugin.values[title if kind is Ladspa else title.lower()].value = value
            add(total, count(plugin.descriptor.run, plugin.handle, VOID(block)))
            source[:, ::7] = np.nan
    plugin.values["Model" if kind is Ladspa else "model"].value = 1  # asks for another model
    add(total, count(plugin.descriptor.run, plugin.handle, VOID(64)))
    plugin.close()
for channels, rate in itertools.product((1, 2), RATES):
    clap = Clap()
    assert clap.select(channels) and clap.activate(rate)
    total = counts.setdefault(f"Clap {channels} {rate}", [0, 0])
    for block in BLOCKS:
        source = sound(channels, block)
        # The host's events are Python, which allocates: they come in calls that are not counted.
        for changes in ([], [(0, 0, 0.0)], [(0, 3, 1.0), (block // 2, 0, 50.0)]):
            busy = clap.block(source, np.empty_like(source), EventList(changes))
            assert clap.method("process", ctypes.c_int32, busy)
            quiet = clap.block(source, np.empty_like(source))
            quiet.in_events = None
            add(total, count(clap.table.process, clap.pointer, ctypes.byref(quiet)))
    clap.close()
unused = (None, None, None, ctypes.c_int(0), ctypes.c_float(0), ctypes.c_float(0), ctypes.c_int(0), ctypes.c_int(0))
counts["control"] = [
    guard.guarded_calls(VOID(ctypes.cast(guard.allocates, VOID).value), *unused),
    guard.makes_system_call(VOID(ctypes.cast(guard.allocates, VOID).value), *unused),
]
json.dump(counts, sys.stdout)
