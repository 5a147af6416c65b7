"""What a second core gives: ``pytest tests/benchmarks/bench_threads.py``; wall time, so leave the machine alone.

Many recordings by `denoise`, in a pool of one thread and of two; the ratio in the table's column "Min" is the speed-up.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from speechenh_plugin import denoise

RATE = 48000
RECORDINGS = [np.random.default_rng(seed).standard_normal(5 * RATE).astype(np.float32) / 30 for seed in range(16)]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.benchmark(group="16 recordings of 5 s at 48 kHz")
def test_threads(benchmark: BenchmarkFixture, threads: int) -> None:
    if threads > (os.cpu_count() or 1):
        pytest.skip("there is one core only")
    with ThreadPoolExecutor(threads) as pool:
        benchmark.pedantic(
            lambda: list(pool.map(lambda audio: denoise(audio, RATE), RECORDINGS)), rounds=10, warmup_rounds=1
        )
