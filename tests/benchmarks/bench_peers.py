"""Speed of every bundled model and every installed peer: ``pytest tests/benchmarks/bench_peers.py``, processor time.

All in one run, on whole signals, a group for each rate; in brackets stand the ratios to the fastest. A peer that has
one rate only is measured there. Another group is a live stream in blocks of 64 samples: each round is one block.
"""

import itertools
import time

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from speechenh_plugin import models
from speechenh_plugin.engine import Network, Processor
from training.evaluation.systems import PEERS, NotInstalledError, effect, peer

SECONDS = 5
RATES = (8000, 16000, 44100, 48000)
LIVE_BLOCK, LIVE_RATE = 64, 48000
MODELS = {model.name: model.path for model in models()}
pytestmark = pytest.mark.benchmark(timer=time.process_time, min_rounds=5, warmup=True)


def noise(rate: int, seconds: float = SECONDS) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(round(seconds * rate))).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", [*MODELS, *PEERS])
def test_whole_signal(benchmark: BenchmarkFixture, name: str, rate: int) -> None:
    try:
        system = effect(name) if name in MODELS else peer(name)
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    if system.rate not in (None, rate):
        pytest.skip(f"{system.name} runs at {system.rate} Hz")
    benchmark.group = f"{SECONDS} s at {rate} Hz"
    audio = noise(rate)
    benchmark.pedantic(
        lambda denoise: denoise(audio), setup=lambda: ((system.open(rate),), {}), rounds=5, warmup_rounds=1
    )
    benchmark.extra_info["times_real_time"] = SECONDS / benchmark.stats["min"]


@pytest.mark.benchmark(group=f"a block of {LIVE_BLOCK} samples at {LIVE_RATE} Hz, live", timer=time.thread_time)
@pytest.mark.parametrize("name", MODELS)
def test_live(benchmark: BenchmarkFixture, name: str) -> None:
    stream = Processor(Network(MODELS[name]), LIVE_RATE, 1, LIVE_BLOCK)
    blocks = itertools.cycle(noise(LIVE_RATE, 1).reshape(-1, LIVE_BLOCK))
    benchmark.pedantic(lambda: stream.process(next(blocks)), rounds=20 * LIVE_RATE // LIVE_BLOCK, warmup_rounds=100)
    taken = np.percentile(benchmark.stats.stats.data, [50, 99, 99.9]) * LIVE_RATE / LIVE_BLOCK
    benchmark.extra_info |= dict(zip(("load_50", "load_99", "load_99_9"), map(float, taken), strict=True))
