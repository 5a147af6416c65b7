"""``python -m training.data.excerpt RECIPE --corpora DIR --out PART --bytes N``: a part of a recipe's corpora.

For a machine that only so much can be sent to: the recipe runs there with ``--corpora PART``. Recordings are coded as
Opus, each corpus as large as its weight within its role asks for; rooms stay as they are.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training import recipe as recipes
from training.arguments import at_least
from training.audio import Audio, AudioError, audio_files, read, write_opus
from training.data.corpora.spec import CorpusSpec, check_copies

SHARES = {"speech": 0.5, "noise": 0.4, "music": 0.05, "room": 0.05}
"""Parts of all bytes that roles get."""

OPUS = ".opus"

SECONDS = 15.0
"""Longest excerpt of a recording."""


def excerpt(corpora: Sequence[CorpusSpec], root: Path, out: Path, most_bytes: int, seed: int = 0) -> int:
    """Write a part of corpora.

    Parameters
    ----------
    corpora
        Folders, with paths below `root`.
    root, out
        Folders of the corpora and of their part, which is new or empty.
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
    ValueError
        If a corpus is no plain folder below `root`, its speakers are not found in the names of its part, or the part is
        not empty.
    AudioError
        If a corpus holds no audio file, or none that is as small as its part.
    OSError
        If something cannot be written.
    """
    if out.is_dir() and any(out.iterdir()):
        raise ValueError(f"{out} is not empty: give a new folder.")
    for spec in corpora:
        if spec.kind != "folder" or not (root / spec.path).resolve().is_relative_to(root.resolve()):
            raise ValueError(f"{spec.path} is no folder of recordings below {root}: only such a corpus has a part.")
        if spec.role != "room":
            check_copies(spec, audio_files(root / spec.path), OPUS)
    written = 0
    for number, spec in enumerate(corpora):
        of_role = sum(other.weight for other in corpora if other.role == spec.role)
        share = int(most_bytes * SHARES[spec.role] * spec.weight / of_role)
        written += _of_corpus(spec, root / spec.path, out / spec.path, share, np.random.default_rng([seed, number]))
    return written


def _of_corpus(spec: CorpusSpec, source: Path, out: Path, most_bytes: int, rng: np.random.Generator) -> int:
    files = sorted(audio_files(source))
    if not files:
        raise AudioError(f"{source} holds no audio file.")
    left = most_bytes
    for name in rng.permutation(files):
        target = out / name if spec.role == "room" else (out / name).with_suffix(OPUS)
        if target.exists():  # of two that differ in their ending
            continue
        if spec.role == "room":
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target)
        else:
            write_opus(target, *_part(source / name, rng))
        size = target.stat().st_size
        if size <= left:
            left -= size
            continue
        target.unlink()
        if left < most_bytes:
            break
    if left == most_bytes:
        raise AudioError(f"{source} holds no audio file that fits its part of {most_bytes} bytes: give more.")
    return most_bytes - left


def _part(path: Path, rng: np.random.Generator) -> tuple[Audio, int]:
    """Read at most `SECONDS` of a recording, mono, from anywhere in it."""
    audio, rate = read(path)
    longest = round(SECONDS * rate)
    start = int(rng.integers(max(len(audio) - longest, 0) + 1))
    return audio[start : start + longest], rate


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.data.excerpt", description=__doc__.split("\n")[0])
    parser.add_argument("recipe", type=Path, help="TOML file, as in training/recipes")
    parser.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="folder of the recipe's corpora")
    parser.add_argument("--out", type=Path, required=True, metavar="PART", help="folder to write")
    parser.add_argument("--bytes", type=at_least(1), default=60_000_000, metavar="N", help="at most, %(default)s")
    options = parser.parse_args(arguments)
    try:
        corpora = tuple(recipes.read(options.recipe).corpora.values())
        written = excerpt(corpora, options.corpora, options.out, options.bytes)
    except (AudioError, ValueError, OSError) as error:
        print(f"training.data.excerpt: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: {written / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
