"""Speed of mixing: ``pytest tests/benchmarks/bench_mixing.py``; seconds of audio a CPU-second, on corpora of noise.

The column ``audio_s_per_cpu_s`` is what a core makes with the settings of ``fullband.toml``: mixed anew, without the
teacher, and heard from a bank.
"""

import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from corpora_layouts import folder

from training import recipe as recipes
from training.data.bank import Bank, Plan, Schedule
from training.data.corpora import CorpusSpec
from training.data.workers import Origin

RECIPE = recipes.read(Path(__file__).parents[2] / "training" / "recipes" / "fullband.toml")
SECONDS = 3.0


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpora")
    specs = [
        CorpusSpec(
            role=role,
            path=str(folder(root / role, *(f"{n}-1.wav" for n in range(8)), seconds=20.0)),
            split="train",
        )
        for role in ("speech", "noise", "room")
    ]
    changes = {"taught": {"probability": 0.0}, "reverb": {"recorded": 0.0}}
    return Origin(tuple(specs), replace(RECIPE.mixing.changed(changes), seconds=1.5 * SECONDS))


def per_cpu_second(benchmark, work, seconds):
    """Run once for a warm cache, then measure."""
    work()
    began = time.process_time()
    benchmark.pedantic(work, rounds=3)
    benchmark.extra_info["audio_s_per_cpu_s"] = 3 * seconds / (time.process_time() - began)


def test_mixed_anew(benchmark, origin):
    mixer = origin.open()
    per_cpu_second(benchmark, lambda: [mixer.mix(seed) for seed in range(16)], 16 * 1.5 * SECONDS)


def test_heard_from_a_bank(benchmark, origin, tmp_path):
    bank = Bank(tmp_path, Plan(origin, 0, Schedule(64, 8, 0)), workers=0)
    samples = round(SECONDS * origin.mixing.rate)

    def hear():
        pairs = bank.heard(RECIPE.bank.effects, samples, 0)
        for _ in islice(pairs, 64):
            pass
        pairs.close()

    per_cpu_second(benchmark, hear, 64 * SECONDS)
