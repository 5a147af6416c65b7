"""Speed of training: ``pytest tests/benchmarks/bench_training.py``; a step of each recipe's first stage, on noise.

The column ``audio_s_per_s`` (``--benchmark-json=FILE`` keeps it) is seconds of audio heard in a second. The number of
threads follows TF_NUM_INTRAOP_THREADS, one by default.
"""

from pathlib import Path

import keras
import numpy as np
import pytest

from training import recipe as recipes
from training.fit.denoising import Denoising
from training.network.features import front_end
from training.network.keras_build import build
from training.objective.losses import objective

RECIPES = sorted((Path(__file__).parents[2] / "training" / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_step(benchmark, path):
    recipe = recipes.read(path)
    stage = recipe.stages[0]
    rate = stage.rate or recipe.mixing.rate
    graph = recipe.network.declare()
    ends = front_end(graph.front_end, rate)
    loss = objective(recipe.losses(stage))
    network = build(graph, None, stage.precision)
    model = Denoising(network, ends, loss, graph.context, stage.equal_levels, stage.bands_above_hz)
    model.compile(optimizer=keras.optimizers.Adam(stage.learning_rate))
    shape = (stage.batch, round((graph.context * ends.stft.hop / rate + stage.seconds) * rate))
    clean, noise = (0.1 * np.random.default_rng(seed).standard_normal(shape, np.float32) for seed in range(2))
    batch = (clean + noise, clean, np.full(shape[:1], rate / 2, np.float32))
    benchmark.pedantic(lambda: model.train_on_batch(*batch), rounds=5, warmup_rounds=2)
    benchmark.extra_info["audio_s_per_s"] = stage.batch * shape[1] / rate / benchmark.stats["min"]
