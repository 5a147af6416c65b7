"""Fuzzing what comes from outside.

``PYTHONPATH=.:tests/helpers python tests/tools/fuzz.py TARGET [--seconds N] [--case N]``

Targets: model, state and host (of VST3), ladspa, lv2 and clap (their hosts).

A case is a number, the seed of all it does. Cases run in a process of their own: whatever kills it is reported with
the case, and ``--case`` does that one again. Under a sanitizer: test_sanitizers.py.
"""

import argparse
import collections
import contextlib
import multiprocessing
import random
import struct
import sys
import time
import zlib
from collections.abc import Callable, Set
from multiprocessing.sharedctypes import Synchronized
from typing import cast

import numpy as np
from bare_host import FALSE, OK, STEREO, Plugin
from engine_models import fixed_outputs, packed, signed, small
from hostile_host import hostile_calls
from hostile_shells import SHELLS
from sounds import speechlike

from speechenh_plugin import modelfile, preset
from speechenh_plugin.engine import Network, Processor
from training.network.front_end import fullband, narrowband

HALF = np.full((129, 1), 0.5)
MODELS = [
    packed(small()),
    fixed_outputs(narrowband(), magnitude=HALF),
    fixed_outputs(fullband(low_bins=8, taps=2, lookahead=1, comb=0.5), gains=HALF, filter=np.full((8, 4), 0.1)),
]
LIMITS = [0, 1, 2, 3, 16, 64, 128, 129, 255, 256, 65535, 65536, 2**20, 2**24, 2**31 - 1, 2**31, 2**32 - 1]
REALS = [0.0, -1.0, 1e-40, 1.5, 101.0, 1e38, float("inf"), float("-inf"), float("nan")]


def damaged(chance: random.Random, data: bytes) -> bytes:
    """Change a few places, the head more often than the rest."""
    result = bytearray(data)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(min(len(result), chance.choice((64, 1500, 2**20))) or 1)
        piece = chance.randrange(len(result) or 1)
        change = chance.choice((
            result[at : at + 1] and bytes([result[at] ^ 1 << chance.randrange(8)]),
            chance.randbytes(1),
            struct.pack("<I", chance.choice(LIMITS)),
            struct.pack(chance.choice(("<f", "<d")), chance.choice(REALS[:5] + REALS[6:])),
            bytes(result[piece : piece + chance.randint(1, 64)]),
        ))  # fmt: skip
        result[at : at + chance.choice((len(change), len(change), 0, 8, 64))] = change
    return bytes(result)


def lying(chance: random.Random) -> bytes:
    """Give a damaged model file whose size and checksum mostly say that it is sound."""
    data = damaged(chance, chance.choice(MODELS))
    return signed(data) if len(data) >= 24 and chance.random() < 0.9 else data


def model(chance: random.Random) -> str:
    """Open a damaged model, and use it if it opens."""
    data = lying(chance)
    with contextlib.suppress(ValueError):
        modelfile.read_meta(data)
    try:
        network = Network(data)
    except ValueError as error:
        assert "refused: " in str(error)
        return "refused"
    network.run({name: np.ones((2, *shape)) for name, shape in network.inputs.items()})
    try:
        stream = Processor(
            network, chance.choice((8000, 11025, 48000)), chance.choice((1, 2)), chance.choice((64, 8192))
        )
    except ValueError as error:
        assert "no audio front end" in str(error)
        return "bare"
    assert np.isfinite(stream.process(speechlike(0.25, 8000, stream.channels))).all()
    return "played"


def state(chance: random.Random) -> str:
    """Give arbitrary bytes to setState, amid a stream."""
    plugin = Plugin()
    assert plugin.initialize() == plugin.arrange([STEREO], [STEREO]) == plugin.setup(8000) == plugin.active(True) == OK
    names = ("", "cr_ced", "../cr_ced", "no such model", "a\0b", "x" * 5000)
    chosen = chance.choice((*names, *MODELS, lying(chance)))
    values = {identity: chance.choice((0.0, 0.5, 1.0)) for identity in range(chance.randint(0, 5))}
    if chance.random() < 0.3:
        values[chance.choice((0, 1, 4, 5, 2**32 - 1))] = chance.choice(REALS)
    data = preset.pack_state(preset.State(values, chosen))
    data = chance.choice((data, data, damaged(chance, data), chance.randbytes(chance.randint(0, 99))))
    if chance.random() < 0.8:  # else the checksum refuses all damage
        data = data[:8] + struct.pack("<I", zlib.crc32(data[12:])) + data[12:]
    with contextlib.suppress(ValueError):
        preset.unpack_state(data)
    with contextlib.suppress(ValueError):
        preset.unpack_preset(damaged(chance, preset.pack_preset(preset.State(values, chosen), 32 * "0")))
    audio = speechlike(0.25, 8000, 2)[:, :600]
    plugin.process(audio)
    before = plugin.get_state()
    result = plugin.set_state(data)
    after = plugin.get_state()
    if result == OK:
        assert plugin.set_state(after) == OK
        assert plugin.get_state() == after
    else:
        kept = preset.unpack_state(after).model == preset.unpack_state(before).model
        assert (result, kept) == (FALSE, True)  # its values may have been taken up
    result, output, _ = plugin.process(audio)
    assert result == OK
    assert np.isfinite(output).all()
    plugin.close()
    return "refused" if after == before else "taken"


MOST = 1000
"""Cases after which an outcome that is wanted must have come."""

TARGETS: dict[str, Callable[[random.Random], str]] = {"model": model, "state": state, "host": hostile_calls, **SHELLS}


def work(target: str, seconds: float, wanted: Set[str], current: "Synchronized[int]") -> None:
    outcomes: collections.Counter[str] = collections.Counter()
    keeper = Plugin() if target != "model" else None  # while one holds the bundled model, others need not load it
    if keeper:
        keeper.initialize()
    end = time.monotonic() + seconds
    while not outcomes or time.monotonic() < end or (not wanted <= outcomes.keys() and outcomes.total() < MOST):
        outcomes[TARGETS[target](random.Random(current.value))] += 1
        current.value += 1
    assert wanted <= outcomes.keys(), f"the cases reach nothing: {dict(outcomes)}"
    print(f"{target}: {outcomes.total()} cases without a finding, {dict(outcomes)}")


def fuzz(target: str, seconds: float, first: int = 0, wanted: Set[str] = frozenset()) -> None:
    """Run cases from `first` on, until all `wanted` outcomes came; an AssertionError names the one that went wrong."""
    context = multiprocessing.get_context("spawn")
    current = cast("Synchronized[int]", context.Value("q", first))
    process = context.Process(target=work, args=(target, seconds, wanted, current))
    process.start()
    process.join()
    assert process.exitcode == 0, f"{target} case {current.value} ended with {process.exitcode}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--case", type=int, help="this one alone")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    options = parser.parse_args()
    try:
        if options.case is None:
            fuzz(options.target, options.seconds, options.first)
        else:
            fuzz(options.target, 0, options.case)
    except AssertionError as finding:
        sys.exit(f"finding: {finding}")
