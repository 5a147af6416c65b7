"""Speed of training: ``pytest tests/benchmarks/bench_training.py``; a step of each network as its config has it (the reference
recipe where there is none), on noise.

The column ``audio_s_per_s`` (``--benchmark-json=FILE`` keeps it) is seconds of audio heard in a second. The number of
threads follows TF_NUM_INTRAOP_THREADS, one by default.
"""

from dataclasses import replace
from pathlib import Path

import pytest

tf = pytest.importorskip("tensorflow")
from training import train  # noqa: E402
from training.config import Config  # noqa: E402
from training.fit.loop import Denoising  # noqa: E402
from training.network import NETWORKS  # noqa: E402
from training.network.features import front_end  # noqa: E402
from training.network.keras_build import build  # noqa: E402
from training.objective import losses  # noqa: E402

CONFIGS = Path(__file__).parents[2] / "training" / "configs"


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_step(benchmark, name):
    own = CONFIGS / f"{name}.toml"
    config = Config.read(own) if own.exists() else replace(Config.read(CONFIGS / "cr_ced.toml"), network=name)
    graph = NETWORKS[config.network]()
    ends = front_end(graph.front_end, config.mix.sample_rate)
    model = Denoising(build(graph, None, config.precision), ends, losses.objective(config.loss), graph.context)
    model.compile(optimizer=train.adam(config))
    seconds = (graph.context + config.frames) * ends.stft.hop / config.mix.sample_rate
    shape = (config.batch, round(seconds * config.mix.sample_rate))
    clean, noise = 0.1 * tf.random.normal(shape), 0.1 * tf.random.normal(shape)
    batch = (clean + noise, clean, tf.fill(shape[:1], config.mix.sample_rate / 2.0))
    benchmark.pedantic(lambda: model.train_on_batch(*batch), rounds=5, warmup_rounds=2)
    benchmark.extra_info["audio_s_per_s"] = config.batch * seconds / benchmark.stats["min"]
