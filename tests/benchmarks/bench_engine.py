"""Speed of the engine: ``pytest tests/benchmarks/bench_engine.py``, one thread; times are CPU seconds of the thread.

Each row's extra columns (``--benchmark-json=FILE`` keeps them) say how many times faster than real time it is, and
which share of the core's multiply-add peak the network reaches, measured in the same run.
"""

import time
from pathlib import Path

import numpy as np
import pytest
from core_peak import core_peak
from engine_models import cr_ced_like, fullband_like, packed

from speechenh_plugin import modelfile
from speechenh_plugin.engine import Network, Processor
from training.network.graph import Graph

HERE = Path(__file__).parents[1] / "helpers"
DECLARED = {"cr_ced_like": cr_ced_like, "fullband_like": fullband_like}
BUNDLED = {path.parent.name: path.parent for path in sorted((HERE.parents[1] / "models").glob("*/graph.json"))}
pytestmark = pytest.mark.benchmark(timer=time.thread_time, min_rounds=20, warmup=True)


@pytest.fixture(scope="module", params=[*DECLARED, *BUNDLED])
def model(request: pytest.FixtureRequest) -> bytes:
    name = request.param
    return packed(DECLARED[name]()) if name in DECLARED else modelfile.pack(BUNDLED[name])


@pytest.fixture(scope="module")
def peak() -> float:
    found = core_peak()
    if found is None:
        pytest.skip("measuring the core's peak needs a C++ compiler")
    return found


@pytest.mark.parametrize("block", [64, 480, 8192, 48000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_effect(benchmark, model, rate, channels, block):
    stream = Processor(Network(model), rate, channels, block)
    samples = max(block, rate // 10 // block * block)
    x = (0.1 * np.random.default_rng(0).standard_normal((channels, samples))).astype(np.float32)
    blocks = np.split(x, samples // block, axis=1)
    benchmark(lambda: [stream.process(part) for part in blocks])
    benchmark.extra_info["times_real_time"] = samples / rate / benchmark.stats["min"]


@pytest.mark.parametrize("batch", [1, 0], ids=["one_frame", "batch"])
@pytest.mark.parametrize("declare", DECLARED.values())
def test_network_share_of_peak(benchmark, peak, declare, batch):
    graph: Graph = declare()
    network = Network(packed(graph))
    frames = 16  # short rounds: the least of many is free of other load, as is the peak
    x = np.random.default_rng(0).standard_normal((frames, 129, 1)).astype(np.float32)
    (name,) = network.inputs
    benchmark(lambda: network.run({name: x}, batch=batch))
    speed = graph.macs * frames / benchmark.stats["min"]
    benchmark.extra_info |= {"multiply_adds_per_second": speed, "peak": peak, "share_of_peak": speed / peak}


@pytest.mark.parametrize("level", [1e-39, 1e-30, 0.0])
def test_tiny_numbers(benchmark, model, level):
    """Cost of tiny input as a ratio to that of noise, both in this run."""
    noise = (0.1 * np.random.default_rng(0).standard_normal(4800)).astype(np.float32)
    stream = Processor(Network(model), 48000)

    def least(x: np.ndarray) -> float:
        times = []
        for _ in range(20):
            start = time.thread_time()
            stream.process(x)
            times.append(time.thread_time() - start)
        return min(times)

    normal = least(noise)
    tiny = noise * np.float32(level / 0.1)
    benchmark(lambda: stream.process(tiny))
    benchmark.extra_info["ratio_to_normal"] = benchmark.stats["min"] / normal


def test_load(benchmark, model):
    benchmark(lambda: Network(model))
