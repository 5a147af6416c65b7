"""Figures of speed, as Markdown.

``PYTHONPATH=.:tests/helpers python tests/benchmarks/bench_table.py [--quick] [MODEL ...]``

Everything is measured in one run: processor seconds, the least of several rounds, so that other load counts little.
Peers are those of training/systems.py that are installed, on whole signals at their own rate, without resampling.
"""

import argparse
import multiprocessing
import platform
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from core_peak import core_peak
from instructions import instructions_per_frame
from resident import resident

from speechenh_plugin import DeepDenoise, models
from speechenh_plugin.engine import Network, Processor
from speechenh_plugin.store import ModelInfo
from training.evaluation.systems import PEERS, NotInstalledError, peer

RATES = (8000, 16000, 44100, 48000)
BLOCKS = (64, 480, 8192, None)  # samples; None is the whole signal
FRAMES = 64
LIVE_BLOCK, LIVE_RATE = 64, 48000


def least_seconds(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Processor seconds of each, taken in turn."""
    least = [float("inf")] * len(works)
    for _ in range(rounds):
        for i, work in enumerate(works):
            start = time.process_time()
            work()
            least[i] = min(least[i], time.process_time() - start)
    return least


def table(head: list[str], rows: list[list[str]]) -> None:
    rule = ["---", *["--:"] * (len(head) - 1)]
    print("", *(f"| {' | '.join(row)} |" for row in (head, rule, *rows)), sep="\n")


def noise(rate: int, channels: int, seconds: float) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal((channels, round(seconds * rate)))).astype(np.float32)


def speed(model: ModelInfo, seconds: float, rounds: int) -> list[list[str]]:
    """Times real time through the effect, mono and stereo."""
    effect = DeepDenoise(model=model.name)
    rows = []
    for rate in RATES:
        cells = []
        for block in BLOCKS:
            mono, stereo = (noise(rate, channels, seconds) for channels in (1, 2))
            size = block or mono.shape[1]
            times = least_seconds(
                rounds,
                lambda x=mono, rate=rate, size=size: effect(x, rate, size),
                lambda x=stereo, rate=rate, size=size: effect(x, rate, size),
            )
            cells.append(" / ".join(f"{seconds / t:.0f}" for t in times))
        rows.append([model.name, f"{rate / 1000:g} kHz", *cells])
    return rows


def memory(name: str) -> float:
    """What one effect at work takes, MB, in a process that has done nothing else."""
    before = resident()
    effect = DeepDenoise(model=name)
    effect(noise(48000, 2, 0.2), 48000)
    return resident() - before


def costs(model: ModelInfo, peak: float | None, rounds: int) -> list[str]:
    """Time to load, memory, and the network's share of the core's peak."""
    (load,) = least_seconds(rounds, lambda: DeepDenoise(model=model.name))
    taken = "–"
    if sys.platform == "linux":
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            taken = f"{pool.submit(memory, model.name).result():.1f} MB"
    network = Network(model.path)
    inputs = {name: np.ones((FRAMES, *shape)) for name, shape in network.inputs.items()}
    (run,) = least_seconds(10 * rounds, lambda: network.run(inputs))
    rate = model.macs_per_frame * FRAMES / run
    share = f"{100 * rate / peak:.0f} %" if peak else "–"
    count = instructions_per_frame(model.path)
    instructions = f"{1e-3 * count:.0f} K" if count else "–"
    return [model.name, f"{1000 * load:.1f} ms", taken, instructions, f"{1e-9 * rate:.1f} G", share]


def live(model: ModelInfo, seconds: float) -> list[str]:
    """Processor time of each block of a live stream, microseconds and share of the block's own time."""
    stream = Processor(Network(model.path), LIVE_RATE, 1, LIVE_BLOCK)
    blocks = noise(LIVE_RATE, 1, seconds)[0].reshape(-1, LIVE_BLOCK)
    times = []
    for block in blocks:
        start = time.thread_time()
        stream.process(block)
        times.append(time.thread_time() - start)
    cells = [model.name]
    for percentile in (50, 99, 99.9):
        taken = float(np.percentile(times, percentile))
        cells.append(f"{1e6 * taken:.0f} µs ({100 * taken * LIVE_RATE / LIVE_BLOCK:.1f} %)")
    return cells


def against(name: str, chosen: list[ModelInfo], seconds: float, rounds: int) -> list[str]:
    """One peer's speed, and its time as a ratio to ours at the same rate."""
    system = peer(name)
    rate = system.rate or 48000
    audio = noise(rate, 1, seconds)[0]
    effects = [DeepDenoise(model=model.name) for model in chosen]
    theirs, *ours = least_seconds(
        rounds,
        lambda: system.open(rate)(audio),
        *[lambda effect=effect: effect(audio, rate) for effect in effects],
    )
    return [system.name, f"{rate / 1000:g} kHz", f"{seconds / theirs:.0f}", *(f"{theirs / t:.2g}" for t in ours)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="*", help="bundled ones; all by default")
    parser.add_argument("--quick", action="store_true", help="one second of sound instead of five, two rounds")
    options = parser.parse_args()
    chosen = [model for model in models() if not options.model or model.name in options.model]
    seconds, rounds = (1.0, 2) if options.quick else (5.0, 5)
    peak = core_peak()
    at_most = f", {1e-9 * peak:.0f} G multiply-adds a second at most" if peak else ""
    print(f"One core of {processor()}, {Network(chosen[0].path).kernels} kernels{at_most}.")
    print("Times real time through the effect, mono / stereo, by block of samples:")
    table(
        ["model", "rate", *(f"{block or 'one-shot'}" for block in BLOCKS)],
        [row for model in chosen for row in speed(model, seconds, rounds)],
    )
    table(
        ["model", "to load", "memory", "instructions a frame", "multiply-adds a second", "share of the core's peak"],
        [costs(model, peak, rounds) for model in chosen],
    )
    where = f"blocks of {LIVE_BLOCK} samples at {LIVE_RATE // 1000} kHz, mono"
    print(f"\nLive, {where}: a block's processor time, and its share of the block's own, by percentile")
    table(["model", "50th", "99th", "99.9th"], [live(model, 4 * seconds) for model in chosen])
    rows = []
    for name in PEERS:
        try:
            rows.append(against(name, chosen, seconds, rounds))
        except NotInstalledError as missing:
            print(missing, file=sys.stderr)
    table(["peer", "rate", "times real time", *(f"its time / {model.name}'s" for model in chosen)], rows)


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
