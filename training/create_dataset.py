"""Make a data set of noisy and clean speech: ``python -m training.create_dataset``.

Writes ``SPLIT-00000-of-000NN.tfrecord`` files and, last of all, ``dataset.json``, which names every source,
licence and setting. The same command gives the same bytes, with any number of workers; killed at any
moment and given again, it goes on after the last complete file.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from tqdm import tqdm

from training.arguments import add_workers, at_least
from training.atomic import write_text
from training.data import deepfilternet
from training.data.audio import AudioError
from training.data.corpora import SPLITS, CorpusError, parse
from training.data.mixing import FULLBAND, REFERENCE, MixSettings
from training.data.workers import Made, Recipe, mixtures

PRESETS = {"reference": REFERENCE, "fullband": FULLBAND}

DESCRIPTION = "dataset.json"
"""Written last: a data set that has it is complete."""

LIBRARIES = ("numpy", "pyroomacoustics", "scipy", "soundfile", "soxr")
"""Libraries whose versions may change the bytes; named in the description."""

UNFINISHED = ".unfinished"
"""Folder inside the data set for what is not complete; gone at the end."""

FILE_BYTES = 64 << 20
"""Size aimed at for a TFRecord file."""


class CannotWriteError(Exception):
    """The data set cannot be written where it should be."""


def create(
    out: Path,
    speech: list[str],
    noise: list[str],
    settings: MixSettings,
    counts: dict[str, int],
    *,
    seed: int = 0,
    workers: int = 1,
) -> dict[str, Any]:
    """Make a data set, or finish one that was interrupted.

    Parameters
    ----------
    out
        Folder to write, made when missing.
    speech, noise
        Specifications of corpora, as `training.data.corpora.parse` takes them.
    settings
        How to mix.
    counts
        Mixtures by split; a split that no corpus serves is left out.
    seed
        The same seed gives the same bytes.
    workers
        Processes that mix.

    Returns
    -------
    dict
        What ``dataset.json`` holds.

    Raises
    ------
    CorpusError
        If a corpus is not as it should be.
    CannotWriteError
        If `out` cannot be written, is full, or holds another data set.
    ModuleNotFoundError
        If the teacher of taught mixtures is not installed.
    """
    if settings.taught:
        deepfilternet.networks()
    plan = _plan({"speech": speech, "noise": noise}, settings, counts, seed)
    try:
        return _create(out, plan, Recipe(tuple(speech), tuple(noise), settings), workers)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CannotWriteError(
                f"There is no space left for {out}: free some and give the same command again; "
                "the files that are complete stay."
            ) from error
        raise CannotWriteError(f"{out} cannot be written: {error.strerror or error}.") from error


def _create(out: Path, plan: dict[str, Any], recipe: Recipe, workers: int) -> dict[str, Any]:
    unfinished = out / UNFINISHED
    for earlier in (out / DESCRIPTION, unfinished / DESCRIPTION):
        if earlier.is_file():
            _check_same(out, json.loads(earlier.read_text(encoding="utf-8")), plan)
    if (out / DESCRIPTION).is_file():
        description: dict[str, Any] = json.loads((out / DESCRIPTION).read_text(encoding="utf-8"))
        return description
    unfinished.mkdir(parents=True, exist_ok=True)
    _write_json(unfinished / DESCRIPTION, plan)
    for split, part in plan["splits"].items():
        _write_split(out, split, part, replace(recipe, split=split), plan["seed"], workers)
    skipped: dict[str, str] = {}
    for report in sorted(unfinished.glob("[!.]*.skipped")):
        skipped |= json.loads(report.read_text(encoding="utf-8"))
    description = {**plan, "skipped": dict(sorted(skipped.items()))}
    _write_json(out / DESCRIPTION, description)
    shutil.rmtree(unfinished)
    return description


def _write_split(out: Path, split: str, part: dict[str, int], recipe: Recipe, seed: int, workers: int) -> None:
    """Write the files of a split that are missing."""
    bounds = np.linspace(0, part["mixtures"], part["files"] + 1).round().astype(int)
    files = [out / f"{split}-{n:05d}-of-{part['files']:05d}.tfrecord" for n in range(part["files"])]
    missing = [n for n, file in enumerate(files) if not file.is_file()]
    seeds = ((seed, SPLITS.index(split), i) for n in missing for i in range(bounds[n], bounds[n + 1]))
    made = mixtures(recipe, seeds, workers)
    done = part["mixtures"] - int(sum(bounds[n + 1] - bounds[n] for n in missing))
    with tqdm(total=part["mixtures"], initial=done, desc=split, unit="mixture", dynamic_ncols=True) as progress:
        for n in missing:
            size = int(bounds[n + 1] - bounds[n])
            _write_file(files[n], out / UNFINISHED, islice(made, size), recipe.settings.sample_rate, progress)


def _write_file(file: Path, unfinished: Path, made: Iterator[Made], sample_rate: int, progress: tqdm[Any]) -> None:
    """Write one TFRecord file; it appears under its name when it is complete."""
    # TensorFlow is loaded here, as the processes that mix load this module and need none of it.
    import tensorflow as tf

    from training.data import records

    skipped: dict[str, str] = {}
    try:
        with tf.io.TFRecordWriter(str(unfinished / file.name)) as writer:
            for one in made:
                writer.write(records.encode(one.mixture, sample_rate))
                skipped |= one.skipped
                progress.update()
    except tf.errors.OpError as error:
        (unfinished / file.name).unlink(missing_ok=True)
        if isinstance(error, tf.errors.ResourceExhaustedError):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise CannotWriteError(f"{file} cannot be written: {error.message}.") from error
    _write_json(unfinished / f"{file.stem}.skipped", skipped)
    (unfinished / file.name).replace(file)


def _write_json(file: Path, content: dict[str, Any]) -> None:
    write_text(file, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _plan(sources: dict[str, list[str]], settings: MixSettings, counts: dict[str, int], seed: int) -> dict[str, Any]:
    """Say what will be made, from which sources, with what."""
    corpora = {role: [parse(spec) for spec in specs] for role, specs in sources.items()}
    splits = {}
    a_file = max(1, FILE_BYTES // (4 * settings.samples))
    for split, count in counts.items():
        served = all(any(len(corpus.clips(split)) for corpus in of_role) for of_role in corpora.values())
        if count and served:
            splits[split] = {"mixtures": count, "files": -(-count // a_file)}
    if not splits:
        raise CorpusError("No split has both speech and noise: see the corpora's documentation for how they split.")
    return {
        "format": 1,
        "seed": seed,
        "settings": json.loads(json.dumps(settings.to_dict())),
        **{
            role: [
                {
                    "source": spec,
                    "name": corpus.name,
                    "licence": corpus.licence,
                    "weight": corpus.weight,
                    "clips": {split: len(corpus.clips(split)) for split in SPLITS},
                }
                for spec, corpus in zip(sources[role], of_role, strict=True)
            ]
            for role, of_role in corpora.items()
        },
        **({"teacher": [deepfilternet.SOURCE]} if settings.taught else {}),
        "splits": splits,
        "made_with": {name: metadata.version(name) for name in LIBRARIES}
        | {"libsndfile": soundfile.__libsndfile_version__},
    }


def _check_same(out: Path, earlier: dict[str, Any], plan: dict[str, Any]) -> None:
    different = [name for name, value in plan.items() if earlier.get(name) != value]
    if different:
        raise CannotWriteError(
            f"{out} holds a data set made with other {', '.join(different)}: give another folder, or delete that one."
        )


_PARSERS: dict[str, dict[str, Any]] = {
    "int": {"type": int, "metavar": "N"},
    "float": {"type": float, "metavar": "X"},
    "float | None": {"type": lambda text: None if text == "none" else float(text), "metavar": "X|none"},
    "bool": {"action": argparse.BooleanOptionalAction},
    "Range": {"type": float, "nargs": 2, "metavar": ("LOW", "HIGH")},
    "Range | None": {"type": float, "nargs": 2, "metavar": ("LOW", "HIGH")},
    "tuple[int, int]": {"type": int, "nargs": 2, "metavar": ("LOW", "HIGH")},
    "tuple[int, ...]": {"type": int, "nargs": "+", "metavar": "N"},
}
"""How the command line reads a mixing setting of each type."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.create_dataset", description=__doc__)
    corpus = "KIND:PATH[?OPTION=VALUE&...][@WEIGHT], repeatable"
    parser.add_argument("--speech", action="append", required=True, metavar="CORPUS", help=corpus)
    parser.add_argument("--noise", action="append", required=True, metavar="CORPUS", help=corpus)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    for split, count in (("train", 4000), ("dev", 400), ("test", 400)):
        parser.add_argument(
            f"--{split}", type=at_least(0), default=count, metavar="N", help=f"mixtures, {count} by default"
        )
    parser.add_argument("--seed", type=at_least(0), default=0, metavar="N", help="same seed, same bytes; 0 by default")
    add_workers(parser)
    parser.add_argument("--preset", choices=PRESETS, default="reference", help="settings to start from")
    group = parser.add_argument_group(
        "mixing settings", "See training.data.mixing.MixSettings; the preset's by default."
    )
    for setting in fields(MixSettings):
        flag = "--" + setting.name.replace("_", "-")
        group.add_argument(flag, dest=setting.name, default=argparse.SUPPRESS, **_PARSERS[str(setting.type)])
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 when the data set is complete."""
    given = _parser().parse_args(arguments)
    changes = {f.name: getattr(given, f.name) for f in fields(MixSettings) if hasattr(given, f.name)}
    changes = {name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()}
    counts = {split: getattr(given, split) for split in SPLITS}
    try:
        settings = replace(PRESETS[given.preset], **changes)
        made = create(given.out, given.speech, given.noise, settings, counts, seed=given.seed, workers=given.workers)
    except (AudioError, CorpusError, CannotWriteError, ModuleNotFoundError, ValueError) as error:
        print(f"create_dataset: {error}", file=sys.stderr)
        return 1
    for split in counts:
        if counts[split] and split not in made["splits"]:
            print(f"{split}: left out, as no speech or no noise is in that split.")
    total = sum(part["mixtures"] for part in made["splits"].values())
    print(
        f"{given.out}: {total} mixtures, {total * settings.seconds / 3600:.2f} h; {len(made['skipped'])} clips skipped."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
