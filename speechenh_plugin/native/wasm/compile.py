"""Compile the engine to WebAssembly: ``python speechenh_plugin/native/wasm/compile.py OUT.wasm``.

It needs ``pip install ziglang``, a whole C++ compiler for any target. The result exports the stream part of
``engine/c_api.h`` beside ``malloc`` and ``free``, imports a few functions of WASI that ``engine.js`` answers, and needs
SIMD of 128 bits, which all browsers have had since 2023.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ENGINE = HERE.parent / "engine"
CONSTANTS = HERE.parents[1] / "constants.py"
GENERATED = HERE.parents[2] / "build" / "wasm"  # always the same: the compiler's cache goes by the command line

EXPORTS = (
    "malloc",
    "free",
    "deepdenoise_open",
    "deepdenoise_close",
    "deepdenoise_stream_open",
    "deepdenoise_stream_close",
    "deepdenoise_stream_latency",
    "deepdenoise_stream_reset",
    "deepdenoise_stream_process",
)
"""What JavaScript calls."""

MEMORY = 256 * 2**20
"""Bytes that the module may ever take; one stream of the bundled models takes some 20 MB."""


def compile_engine(out: str | os.PathLike[str]) -> None:
    """Compile the engine.

    Parameters
    ----------
    out : path-like
        The ``.wasm`` file to write.

    Raises
    ------
    RuntimeError
        If ziglang is missing, or the compiler refuses; with its messages.
    """
    other = {"kernels_avx2.cpp", "kernels_avx512.cpp"}  # of other processors
    sources = [source for source in sorted([*ENGINE.rglob("*.cpp"), *HERE.glob("*.cpp")]) if source.name not in other]
    GENERATED.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(CONSTANTS), str(GENERATED / "constants.h")], check=True)
    command = [
        *(sys.executable, "-m", "ziglang", "c++", "-target", "wasm32-wasi", "-mexec-model=reactor"),
        *("-std=c++20", "-O3", "-msimd128", "-ffp-contract=fast", "-fno-math-errno", "-Wall", "-Wextra", "-Wno-psabi"),
        *("-fvisibility=hidden", "-I", str(ENGINE), "-I", str(GENERATED)),
        *map(str, sources),
        *(f"-Wl,--export={name}" for name in EXPORTS),
        *("-Wl,--strip-all", f"-Wl,--max-memory={MEMORY}", "-o", str(out)),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the engine does not compile to WebAssembly (pip install ziglang?):\n{done.stderr}")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("out", type=Path, metavar="OUT.wasm")
    compile_engine(parser.parse_args().out)


if __name__ == "__main__":
    main()
