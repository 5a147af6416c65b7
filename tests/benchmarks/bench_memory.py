"""What keeping memory saves a step of training: ``pytest tests/benchmarks/bench_memory.py``.

The same step of `fullband`'s first stage in two processes of their own, with `training.fit.memory.keep_memory` and
without; compare the two in the column "Min". One thread, unless TF_NUM_INTRAOP_THREADS says otherwise.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

RECIPE = Path(__file__).parents[2] / "training" / "recipes" / "fullband.toml"
_ready: dict[str, Any] = {}


def prepare(keep: bool) -> None:
    """Build the network and a batch of noise."""
    from training.fit.memory import keep_memory

    if keep:
        keep_memory()
    import keras
    import numpy as np

    from training import recipe as recipes
    from training.fit.denoising import Denoising
    from training.network.features import front_end
    from training.network.keras_build import build
    from training.objective.losses import objective

    recipe = recipes.read(RECIPE)
    stage, graph = recipe.stages[0], recipe.network.declare()
    rate = recipe.mixing.rate
    shape = stage.batch, round(stage.seconds * rate)
    shapes = shape, shape
    loss = objective(recipe.losses(stage))
    network, ends = build(graph, None), front_end(graph.front_end, rate)
    model = Denoising(network, ends, loss, 0, stage.equal_levels, stage.bands_above_hz, shapes)
    model.compile(optimizer=keras.optimizers.Adam(stage.learning_rate))
    clean, noise = (0.1 * np.random.default_rng(seed).standard_normal(shape, np.float32) for seed in range(2))
    _ready.update(model=model, batch=(clean + noise, clean, np.full(shape[:1], rate / 2, np.float32)))


def step() -> None:
    """Train on the batch, as often as the losses need that are computed now and then."""
    for _ in range(4):
        _ready["model"].train_on_batch(*_ready["batch"])


@pytest.mark.parametrize("keep", [False, True], ids=["given back", "kept"])
@pytest.mark.benchmark(group="four steps of fullband")
def test_steps(benchmark: BenchmarkFixture, keep: bool) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=prepare, initargs=(keep,)) as pool:
        benchmark.pedantic(lambda: pool.submit(step).result(), rounds=3, warmup_rounds=1)
