"""Run by test_vst3.py in a process of its own, with realtime_guard.c preloaded: prints what it counted, as JSON."""

import ctypes
import json
import sys
from pathlib import Path

import numpy as np
from bare_host import OK, STEREO, VOID, Plugin, method, process_data

from speechenh_plugin import modelfile, preset

guard = ctypes.CDLL(sys.argv[1])
packed, other = (modelfile.pack(Path(argument)) for argument in sys.argv[2:4])
plugin = Plugin()
table = ctypes.cast(plugin.processor, ctypes.POINTER(ctypes.POINTER(VOID)))[0]
data, _ = process_data(0.1 * np.random.default_rng(0).standard_normal((2, 1000)))


def count(function: int) -> list[int]:
    # The guard passes the engine's arguments; the plug-in takes the first two of them, itself and the data.
    number, real = ctypes.c_int, ctypes.c_float
    arguments = (
        VOID(function),
        plugin.processor,
        ctypes.byref(data),
        None,
        number(0),
        real(0),
        real(0),
        number(0),
        number(0),
    )
    return [guard.guarded_calls(*arguments), max(0, guard.makes_system_call(*arguments))]


def state(model: bytes = packed, **values: float) -> None:
    names = ("strength", "limit", "link", "listen", "bypass")
    plain = {names.index(name): value for name, value in values.items()}
    assert plugin.set_state(preset.pack_state(preset.State(plain, model))) == OK


counts = {"not set up": count(table[9])}
plugin.initialize()
plugin.arrange([STEREO], [STEREO])
plugin.setup(44100)
plugin.active(True)
plugin.processing(True)
state()
counts["first block of a new model"] = count(table[9])
counts["next block"] = count(table[9])
plugin.processing(False)
plugin.processing(True)
counts["after a restart"] = count(table[9])
state(strength=30, listen=1, link=0)
counts["other settings"] = count(table[9])
plugin.setup(48000)
counts["first block at another rate"] = count(table[9])
state(bypass=1)
counts["bypass"] = count(table[9])
for turn, model in enumerate((other, packed)):
    state(model)
    counts[f"first block after swap {turn} of models"] = count(table[9])
    for parameter in range(5):
        for value in (0.0, 0.5, 1.0):
            assert method(plugin.controller, 15, ctypes.c_uint32, ctypes.c_double)(parameter, value) == OK
            counts[f"swap {turn}, parameter {parameter} at {value}"] = count(table[9])
    for size in (1, 64, 480, 8192):
        data, _ = process_data(0.1 * np.random.default_rng(0).standard_normal((2, size)))
        counts[f"swap {turn}, {size} samples"] = count(table[9])
control = guard.guarded_calls(
    VOID(ctypes.cast(guard.allocates, VOID).value), *[None] * 3, 0, ctypes.c_float(0), ctypes.c_float(0), 0, 0
)
json.dump({**counts, "control": control}, sys.stdout)
