"""Run by test_vst3.py: a second host plays an array through the plug-in and tells what it sees of it, as JSON.

In a process of its own, since dawdreamer and TensorFlow cannot share one: each brings an LLVM.
"""

import json
import sys

import dawdreamer
import numpy as np

bundle, preset, source, target, rate = sys.argv[1:]
audio = np.load(source)
engine = dawdreamer.RenderEngine(int(rate), 512)
processor = engine.make_plugin_processor("denoise", bundle)
parameters = {p["name"]: (p["min"], p["max"], p["text"]) for p in processor.get_parameters_description()}
assert processor.load_vst3_preset(preset)
processor.set_bus(len(audio), len(audio))
engine.load_graph([(engine.make_playback_processor("audio", audio), []), (processor, ["audio"])])
engine.render(audio.shape[1] / int(rate))
np.save(target, engine.get_audio()[: len(audio)])
json.dump({"latency": processor.get_latency_samples(), "parameters": parameters}, sys.stdout)
