"""``python -m training.data.excerpt RECIPE --corpora DIR --out PART --bytes N``: a part of a recipe's corpora.

For a machine that only so much can be sent to: the recipe runs there with ``--corpora PART``. Recordings are coded as
Opus, each corpus as large as its weight within its role asks for; rooms stay as they are.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr

from training import recipe as recipes
from training.arguments import at_least
from training.audio import Audio, AudioError, audio_files, read
from training.data.corpora.spec import CorpusSpec

SHARES = {"speech": 0.5, "noise": 0.4, "music": 0.05, "room": 0.05}
"""Parts of all bytes that roles get."""

SECONDS = 15.0
"""Longest excerpt of a recording."""

RATES = (8000, 12000, 16000, 24000, 48000)
"""Sampling rates of Opus, Hz."""


def excerpt(corpora: Sequence[CorpusSpec], root: Path, out: Path, most_bytes: int, seed: int = 0) -> int:
    """Write a part of corpora.

    Parameters
    ----------
    corpora
        With paths below `root`.
    root, out
        Folders of the corpora and of their part.
    most_bytes
        Size that is not exceeded.
    seed
        Which recordings, and where they are cut.

    Returns
    -------
    int
        Bytes written.

    Raises
    ------
    AudioError
        If a corpus holds no audio file.
    OSError
        If something cannot be written.
    """
    written = 0
    for number, spec in enumerate(corpora):
        of_role = sum(other.weight for other in corpora if other.role == spec.role)
        left = int(most_bytes * SHARES[spec.role] * spec.weight / of_role)
        files = sorted(audio_files(root / spec.path))
        if not files:
            raise AudioError(f"{root / spec.path} holds no audio file.")
        rng = np.random.default_rng([seed, number])
        for name in rng.permutation(files):
            source, target = root / spec.path / name, out / spec.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if spec.role == "room":
                shutil.copyfile(source, target)
            else:
                target = target.with_suffix(".opus")
                _write(target, *_part(source, rng))
            size = target.stat().st_size
            if size > left:
                target.unlink()
                break
            left -= size
            written += size
    return written


def _part(path: Path, rng: np.random.Generator) -> tuple[Audio, int]:
    """Read at most `SECONDS` of a recording, mono, from anywhere in it."""
    audio, rate = read(path)
    longest = round(SECONDS * rate)
    start = int(rng.integers(max(len(audio) - longest, 0) + 1))
    return audio[start : start + longest], rate


def _write(path: Path, audio: Audio, rate: int) -> None:
    fits = next((of_opus for of_opus in RATES if of_opus >= rate), RATES[-1])
    coded = audio if fits == rate else soxr.resample(audio, rate, fits)
    soundfile.write(path, np.clip(coded, -1, 1), fits, format="OGG", subtype="OPUS")


def _specs(path: Path) -> Iterator[CorpusSpec]:
    yield from recipes.read(path).corpora.values()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.data.excerpt", description=__doc__.split("\n")[0])
    parser.add_argument("recipe", type=Path, help="TOML file, as in training/recipes")
    parser.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="folder of the recipe's corpora")
    parser.add_argument("--out", type=Path, required=True, metavar="PART", help="folder to write")
    parser.add_argument("--bytes", type=at_least(1), default=60_000_000, metavar="N", help="at most, %(default)s")
    options = parser.parse_args(arguments)
    try:
        written = excerpt(tuple(_specs(options.recipe)), options.corpora, options.out, options.bytes)
    except (AudioError, ValueError, OSError) as error:
        print(f"training.data.excerpt: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: {written / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
