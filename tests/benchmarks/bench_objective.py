"""Cost of losses and slopes: ``pytest tests/benchmarks/bench_objective.py``; TensorFlow, a batch of 8 x 2 s at 48 kHz.

The column ``ms_per_audio_s`` (``--benchmark-json=FILE`` keeps it) is milliseconds for a second of audio. The number of
threads follows TF_NUM_INTRAOP_THREADS, one by default.
"""

import numpy as np
import pytest
from sounds import syllables

tf = pytest.importorskip("tensorflow")
from training.network.features import front_end  # noqa: E402
from training.network.front_end import fullband  # noqa: E402
from training.objective.answer import Answer  # noqa: E402
from training.objective.losses import LOSSES, objective  # noqa: E402

RATE, BATCH, SECONDS = 48000, 8, 2
FLAGSHIP = {
    "compressed_magnitude": 0.7,
    "compressed_complex": 0.4,
    "over_suppression": 0.07,
    "negative_si_sdr": 0.05,
    "unintelligibility": 1.6,
    "log_spectral": 0.12,
    "disturbance": 0.08,
    "lost_opinion": 0.15,
}
COMPRESSED = dict(list(FLAGSHIP.items())[:3])
CASES = {name: ({name: 1.0}, None) for name in LOSSES if name != "standardised_mse"} | {
    "compressed": (COMPRESSED, None),
    "compressed, bands above 5 kHz": (COMPRESSED, 5000.0),
    "flagship": (FLAGSHIP, None),
    "flagship, bands above 5 kHz": (FLAGSHIP, 5000.0),
    "flagship without opinion": ({name: w for name, w in FLAGSHIP.items() if name != "lost_opinion"}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_loss(benchmark, case):
    terms, bands_above_hz = CASES[case]
    loss = objective(terms)
    random = np.random.default_rng(0)
    clean = np.tile(syllables(RATE)[: SECONDS * RATE], (BATCH, 1))
    noisy = clean + 0.02 * random.standard_normal(clean.shape).astype(np.float32)
    ends = front_end(fullband(low_bins=40, taps=3), RATE)
    spectra = ends.stft(noisy), ends.stft(clean)
    shape = spectra[0].shape[:2]
    outputs = {
        "gains": tf.constant(random.uniform(0, 1.1, (*shape, 129, 1)).astype(np.float32)),
        "filter": tf.constant(0.1 * random.standard_normal((*shape, 40, 6)).astype(np.float32)),
    }

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            value = loss(Answer(ends, *spectra, outputs, bands_above_hz=bands_above_hz))
        return value, tape.gradient(value, outputs)

    benchmark.pedantic(step, rounds=5, warmup_rounds=1)
    benchmark.extra_info["ms_per_audio_s"] = 1000 * benchmark.stats["min"] / (BATCH * SECONDS)
