"""Speed of the effect: ``pytest tests/benchmarks/bench_effect.py``, wall time; and how well two run side by side.

The extra columns (``--benchmark-json=FILE`` keeps them) say how many times faster than real time it is, and how much
longer two at once take than one alone, both in this run: 1 is two whole cores, 2 one after the other.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from speechenh_plugin import DeepDenoise, models

SECONDS = 2
NAMES = [model.name for model in models()]
pytestmark = pytest.mark.benchmark(min_rounds=5, warmup=True)


def noise(rate: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal((1, SECONDS * rate))).astype(np.float32)


@pytest.mark.parametrize("block", [64, 480, 8192])
@pytest.mark.parametrize("rate", [8000, 16000, 48000])
@pytest.mark.parametrize("name", NAMES)
def test_effect(benchmark, name, rate, block):
    effect, audio = DeepDenoise(model=name), noise(rate)
    benchmark(lambda: effect(audio, rate, block))
    benchmark.extra_info["times_real_time"] = SECONDS / benchmark.stats["min"]


@pytest.mark.parametrize("name", NAMES)
def test_two_threads(benchmark, name):
    effects, audio = [DeepDenoise(model=name) for _ in range(2)], noise(48000)
    alone = []
    for _ in range(5):
        start = time.perf_counter()
        effects[0](audio, 48000)
        alone.append(time.perf_counter() - start)
    with ThreadPoolExecutor(2) as pool:
        benchmark(lambda: list(pool.map(lambda effect: effect(audio, 48000), effects)))
    benchmark.extra_info["ratio_to_one"] = benchmark.stats["min"] / min(alone)
