"""Run by test_realtime.py in a process of its own, with realtime_guard.c preloaded: prints what it counted, as JSON."""

import ctypes
import itertools
import json
import sys

import numpy as np
from engine_models import cr_ced_like, fullband_like, packed
from sounds import speechlike

from speechenh_plugin import engine, models

guard = ctypes.CDLL(sys.argv[1])
process = engine._library().deepdenoise_stream_process
number, real, pointer = ctypes.c_int, ctypes.c_float, ctypes.c_void_p
for function in (guard.guarded_calls, guard.makes_system_call):
    function.argtypes = [pointer] * 4 + [number, real, real, number, number]

declared = {
    "cr_ced_like": cr_ced_like(),
    "fullband_like": fullband_like(),
    "deep_filter": fullband_like(48, 3, 1, comb=0.5),
}
networks = {name: engine.Network(packed(graph)) for name, graph in declared.items()}
networks |= {model.name: engine.Network(model.path) for model in models()}
counts = {}
for (name, network), rate, block in itertools.product(networks.items(), (8000, 48000), (1, 64, 480, 8192)):
    stream = engine.Processor(network, rate, 2, block)
    x = speechlike(block / rate, rate, 2)
    y = np.empty_like(x)
    arrays = [engine._pointers(x), engine._pointers(y)]
    calls = system_calls = 0
    for strength, limit, link, removed in itertools.product((1.0, 0.0, 0.5), (np.inf, 6.0), (1, 0), (0, 1)):
        arguments = [process, stream._handle, *arrays, block, strength, limit, link, removed]
        calls += guard.guarded_calls(*arguments)
        system_calls |= guard.makes_system_call(*arguments)
        x[:, ::7] = np.nan
    counts[f"{name}, {rate} Hz, {block}"] = [calls, system_calls]
x = np.zeros((1, 64), np.float32)
arguments = [guard.allocates, None, engine._pointers(x), engine._pointers(x), 64, 1.0, 1.0, 1, 0]
counts["control"] = [guard.guarded_calls(*arguments), guard.makes_system_call(*arguments)]
json.dump(counts, sys.stdout)
