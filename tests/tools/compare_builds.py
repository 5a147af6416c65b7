"""Compares the sound of this build with that of another: ``python tests/tools/compare_builds.py COMMIT|FOLDER``.

COMMIT is built in a temporary folder; FOLDER holds a package that was installed there before
(``pip install --target FOLDER .``). Every model that both bundle denoises two seconds at 8 to 96 kHz, mono and stereo,
at once and in blocks of 64 samples. Prints the largest difference of a sample for each model and rate; the exit status
is 1 if one reaches the limit.
"""

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
RATES = (8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000)
LIMIT = 1e-6


def speech_like(rate: int) -> np.ndarray:
    """Two channels of two seconds: harmonics of a gliding pitch in bursts, and noise of another level in each."""
    random = np.random.default_rng(0)
    t = np.arange(2 * rate) / rate
    pitch = 2 * np.pi * np.cumsum(130 + 40 * np.sin(2 * np.pi * 0.7 * t)) / rate
    voiced = sum(np.sin(k * pitch) / k for k in range(1, int(min(4000, rate / 2) / 180)))
    voiced *= 0.1 * (np.sin(2 * np.pi * 2.5 * t) > -0.3)
    noise = random.standard_normal((2, t.size)) * [[0.02], [0.005]]
    return (voiced + noise).astype(np.float32)


def outputs(target: Path) -> None:
    """Run every bundled model of the package on Python's path, and save what it gives: one file a model and rate."""
    from speechenh_plugin import DeepDenoise, models
    from speechenh_plugin.store import bundle_path

    print(bundle_path())
    for model in models():
        effect = DeepDenoise(model=model.name, strength=100)
        for rate in RATES:
            x = speech_like(rate)
            results = [effect.process(part, rate, buffer_size=block) for part in (x[:1], x) for block in (8192, 64)]
            np.save(target / f"{model.name} {rate}.npy", np.concatenate(results))


def run(package: Path | None, target: Path) -> None:
    target.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(package or ROOT)}
    command = [sys.executable, "-P", __file__, "--outputs", target]
    subprocess.run(command, check=True, env=environment, cwd=target)


def build(commit: str, folder: Path) -> Path:
    """Install a commit into a folder."""
    source, package = folder / "source", folder / "package"
    archive = folder / "source.tar"
    subprocess.run(["git", "archive", "--output", archive, commit], check=True, cwd=ROOT)
    with tarfile.open(archive) as files:
        files.extractall(source, filter="data")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", package, source]
    subprocess.run(command, check=True)
    return package


def compare(other: str, folder: Path) -> float:
    """Print a table and give the largest difference."""
    package = Path(other).resolve() if Path(other).is_dir() else build(other, folder)
    run(package, folder / "before")
    run(None, folder / "after")
    names = sorted(
        {path.name for path in (folder / "before").iterdir()} & {p.name for p in (folder / "after").iterdir()}
    )
    if not names:
        sys.exit("error: the two builds have no model in common")
    largest = 0.0
    for name in sorted(names, key=lambda name: (name.split()[0], float(name.split()[1][:-4]))):
        before, after = np.load(folder / "before" / name), np.load(folder / "after" / name)
        difference = float(np.abs(before.astype(np.float64) - after).max())
        largest = max(largest, difference if np.isfinite(difference) else np.inf)
        print(
            f"{name.removesuffix('.npy'):32} Hz  largest sample {np.abs(after).max():.3f}  difference {difference:.2e}"
        )
    return largest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", nargs="?", help="a commit, or a folder with an installed package")
    parser.add_argument("--outputs", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.outputs:
        outputs(options.outputs)
        return 0
    if options.other is None:
        parser.error("say with what to compare: a commit or a folder")
    with tempfile.TemporaryDirectory() as folder:
        largest = compare(options.other, Path(folder))
    print(f"largest difference: {largest:.2e}, limit {LIMIT:g}")
    return int(largest >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
