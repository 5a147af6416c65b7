"""Hours of sound in random pieces.

``PYTHONPATH=.:tests/helpers python tests/tools/soak.py [--hours 24] [--model NAME]``

Rates, channels, block sizes and parameters change at random. What must hold: with strength 0 a stream is the input,
sample for sample, however long it is; all output is finite; after a reset the effect gives bit for bit what a fresh
one gives; memory does not grow. Without a model, a network that costs next to nothing, so that 24 hours are minutes.
"""

import argparse
import ctypes
import gc
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from engine_models import fixed_outputs
from resident import resident

from speechenh_plugin import DeepDenoise
from training.network.front_end import fullband

RATES = (8000, 8000, 16000, 44100, 48000)
BLOCKS = (3, 37, 64, 480, 4096, 30_000)  # pedalboard would take one sample of two channels for two of one
GROWTH = 4.0  # MB that Python's own heap may take in the course of a run
SOUND = (0.1 * np.random.default_rng(0).standard_normal((2, 300_007))).astype(np.float32)


def held() -> float:
    """Memory in use, MB: what glibc's allocator keeps for later is given back first."""
    ctypes.CDLL(None).malloc_trim(0)
    return resident()


def sound(channels: int, start: int, size: int) -> np.ndarray:
    """Samples of an endless sound."""
    return SOUND[:channels].take(np.arange(start, start + size), axis=1, mode="wrap")


def vary(effect: DeepDenoise, chance: random.Random) -> None:
    effect.strength = chance.choice((0.0, 35.0, 100.0))
    effect.reduction_limit_db = chance.choice((6.0, 24.0, 100.0))
    effect.stereo_link = chance.random() < 0.5
    effect.listen = chance.choice(("result", "removed"))


def play(effect: DeepDenoise, chance: random.Random) -> float:
    """Play one stream of up to ten minutes, half of them at strength 0; gives its seconds."""
    rate, channels, untouched = chance.choice(RATES), chance.choice((1, 2)), chance.random() < 0.5
    at_once, length = chance.choice((64, 512, 8192)), rate * 10 ** chance.uniform(0, 2.8)
    given = heard = 0
    effect.reset()
    while given < length:
        if untouched:
            effect.strength, effect.listen = 0.0, "result"
        else:
            vary(effect, chance)
        for _ in range(10):
            size = chance.choice(BLOCKS)
            block = sound(channels, given, size)
            output = effect.process(block, rate, at_once, reset=False)
            given, start, heard = given + size, heard, heard + output.shape[1]
            if untouched and output.size:  # where there is nothing yet, pedalboard gives no channels
                assert np.array_equal(output, sound(channels, start, heard - start)), f"{rate} Hz: not at {start}"
            assert np.isfinite(output).all()
    assert given - heard <= effect.reported_latency_samples
    return given / rate


def as_if_fresh(effect: DeepDenoise, chance: random.Random, model: str) -> None:
    """Compare with a new instance of the same settings."""
    vary(effect, chance)
    rate, audio = chance.choice(RATES), sound(2, 0, 20_000)
    fresh = DeepDenoise(
        model=model,
        strength=effect.strength,
        reduction_limit_db=effect.reduction_limit_db,
        stereo_link=effect.stereo_link,
        listen=effect.listen,
    )
    assert np.array_equal(effect(audio, rate), fresh(audio, rate)), f"{effect!r} at {rate} Hz differs from a fresh one"
    del fresh
    gc.collect()  # pedalboard's plug-ins know their parameters, which know their plug-in


def soak(model: str, hours: float, seed: int) -> None:
    chance = random.Random(seed)
    effect = DeepDenoise(model=model)
    for turn in range(20):  # what is allocated once, by pedalboard too
        as_if_fresh(effect, random.Random(turn), model)
    seconds, streams, settled = 0.0, 0, 0.0
    while seconds < 3600 * hours:
        seconds += play(effect, chance)
        as_if_fresh(effect, chance, model)
        streams += 1
        if not settled and seconds > 360 * hours:
            settled = held()
    growth = held() - settled
    print(
        f"{seconds / 3600:.1f} h in {streams} streams through one instance, {time.process_time():.0f} s of processor: "
        f"each time as a fresh one after reset, no sample astray, memory {growth:+.1f} MB over the last nine tenths"
    )
    if growth > GROWTH:
        sys.exit(f"memory grew by {growth:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=0.5, help="of sound")
    parser.add_argument("--model", help="a bundled one, or a path")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cheap = Path(folder) / "cheap.ddn"
        cheap.write_bytes(fixed_outputs(fullband(), gains=np.full((129, 1), 0.5)))
        soak(options.model or str(cheap), options.hours, options.seed)
