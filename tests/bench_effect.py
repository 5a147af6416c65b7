"""How fast the effect runs, and how well two run side by side: python tests/bench_effect.py [MODEL]."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from speechenh_plugin import DeepDenoise, models

SECONDS = 10


def timed(work: Callable[[], object], repetitions: int = 3) -> float:
    """Best wall time in seconds."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def bench(model: str, rate: int) -> None:
    """Print times real time, and the ratio of two threads' time to one's."""
    audio = (0.1 * np.random.default_rng(0).standard_normal((1, SECONDS * rate))).astype(np.float32)
    effects = [DeepDenoise(model=model) for _ in range(2)]

    def run(effect: DeepDenoise, block: int = 8192) -> None:
        effect(audio, rate, buffer_size=block)

    for block in (64, 480, 8192):
        seconds = timed(lambda block=block: run(effects[0], block))
        print(f"{model}  {rate} Hz  blocks of {block}: {SECONDS / seconds:.0f} times real time")
    alone = timed(lambda: run(effects[0]))
    with ThreadPoolExecutor(2) as pool:
        both = timed(lambda: list(pool.map(run, effects)))
    print(
        f"{model}  {rate} Hz  two at once take {both / alone:.2f} times as long as one (2 would be one after the other)"
    )


if __name__ == "__main__":
    for name in sys.argv[1:] or [model.name for model in models()]:
        for rate in (8000, 16000, 48000):
            bench(name, rate)
