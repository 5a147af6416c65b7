"""Make a data set of noisy and clean speech: ``python -m training.create_dataset RECIPE --corpora DIR --out DIR``.

The recipe's mixing (with what its bank, if it has one, does when a mixture is heard) and, unless others are given, its
corpora make the mixtures. Writes files ``SPLIT-00000-of-000NN.tfrecord`` and, last of all, ``dataset.json``, which
names every source, licence and setting. The same command gives the same bytes, with any number of workers; killed at
any moment and given again, it goes on after the last complete file.
"""

from __future__ import annotations

import argparse
import errno
import json
import shutil
import sys
import tomllib
from collections.abc import Iterator, Sequence
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from tqdm import tqdm

from training import recipe as recipes
from training.arguments import add_workers, at_least
from training.atomic import write_text
from training.audio import AudioError
from training.data import records, teacher, tfrecord
from training.data.corpora import SPLITS, CorpusError, CorpusSpec, parse
from training.data.corpora.spec import ROLES
from training.data.dataset import DESCRIPTION
from training.data.mixer import Mixture
from training.data.mixing import Mixing
from training.data.prepare import prepared
from training.data.workers import Made, Origin, mixtures

RECIPES = Path(__file__).parent / "recipes"
REFERENCE = "cr_ced_reference"
"""Recipe whose mixing is taken by default."""

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
    corpora: Sequence[CorpusSpec],
    mixing: Mixing,
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
    corpora
        Their paths absolute. What is to be prepared of them is, below `out`, and leaves the disk at the end.
    mixing
        How to mix.
    counts
        Mixtures by split; a split that no corpus serves is left out.
    seed
        The same seed gives the same bytes.
    workers
        Processes that mix; one mixes in this process.

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
    for name in mixing.teachers:
        teacher.TEACHERS[name].check()
    plan = _plan(corpora, mixing, counts, seed)
    try:
        return _create(out, plan, corpora, mixing, workers)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CannotWriteError(
                f"There is no space left for {out}: free some and give the same command again; "
                "the files that are complete stay."
            ) from error
        raise CannotWriteError(f"{out} cannot be written: {error.strerror or error}.") from error


def _create(
    out: Path, plan: dict[str, Any], corpora: Sequence[CorpusSpec], mixing: Mixing, workers: int
) -> dict[str, Any]:
    unfinished = out / UNFINISHED
    for earlier in (out / DESCRIPTION, unfinished / DESCRIPTION):
        if earlier.is_file():
            _check_same(out, json.loads(earlier.read_text(encoding="utf-8")), plan)
    if (out / DESCRIPTION).is_file():
        description: dict[str, Any] = json.loads((out / DESCRIPTION).read_text(encoding="utf-8"))
        return description
    unfinished.mkdir(parents=True, exist_ok=True)
    _write_json(unfinished / DESCRIPTION, plan)
    heard = tuple(prepared(spec, unfinished / "prepared", workers) for spec in corpora)
    for split, part in plan["splits"].items():
        _write_split(out, split, part, Origin(heard, mixing, split), plan["seed"], workers if workers > 1 else 0)
    skipped: dict[str, str] = {}
    for report in sorted(unfinished.glob("[!.]*.skipped")):
        skipped |= json.loads(report.read_text(encoding="utf-8"))
    description = {**plan, "skipped": dict(sorted(skipped.items()))}
    _write_json(out / DESCRIPTION, description)
    shutil.rmtree(unfinished)
    return description


def _write_split(out: Path, split: str, part: dict[str, int], origin: Origin, seed: int, workers: int) -> None:
    """Write the files of a split that are missing."""
    bounds = np.linspace(0, part["mixtures"], part["files"] + 1).round().astype(int)
    files = [out / f"{split}-{n:05d}-of-{part['files']:05d}.tfrecord" for n in range(part["files"])]
    missing = [n for n, file in enumerate(files) if not file.is_file()]
    seeds = ((seed, SPLITS.index(split), i) for n in missing for i in range(bounds[n], bounds[n + 1]))
    made = mixtures(origin, seeds, workers)
    done = part["mixtures"] - int(sum(bounds[n + 1] - bounds[n] for n in missing))
    with tqdm(total=part["mixtures"], initial=done, desc=split, unit="mixture", dynamic_ncols=True) as progress:
        for n in missing:
            size = int(bounds[n + 1] - bounds[n])
            _write_file(files[n], out / UNFINISHED, islice(made, size), origin.mixing.rate, progress)


def _write_file(
    file: Path, unfinished: Path, made: Iterator[Made[Mixture]], sample_rate: int, progress: tqdm[Any]
) -> None:
    """Write one TFRecord file; it appears under its name when it is complete."""
    skipped: dict[str, str] = {}
    part = unfinished / file.name
    try:
        with part.open("wb") as writer:
            for one in made:
                tfrecord.write(writer, records.encode(one.mixture, sample_rate))
                skipped |= one.skipped
                progress.update()
    except OSError:
        part.unlink(missing_ok=True)
        raise
    _write_json(unfinished / f"{file.stem}.skipped", skipped)
    part.replace(file)


def _write_json(file: Path, content: dict[str, Any]) -> None:
    write_text(file, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _plan(specs: Sequence[CorpusSpec], mixing: Mixing, counts: dict[str, int], seed: int) -> dict[str, Any]:
    """Say what will be made, from which sources, with what."""
    corpora = [(spec, spec.open()) for spec in specs]
    splits = {}
    a_file = max(1, FILE_BYTES // (4 * mixing.samples))
    for split, count in counts.items():
        served = {spec.role for spec, corpus in corpora if len(corpus.clips(split))}
        if count and {"speech", "noise"} <= served:
            splits[split] = {"mixtures": count, "files": -(-count // a_file)}
    if not splits:
        raise CorpusError("No split has both speech and noise: see the corpora's documentation for how they split.")
    described: dict[str, list[dict[str, Any]]] = {}
    for spec, corpus in corpora:
        described.setdefault(spec.role, []).append(
            {
                "source": spec.path,
                "name": corpus.name,
                "licence": corpus.licence,
                "weight": corpus.weight,
                **({"prepare": list(spec.prepare)} if spec.prepare else {}),
                "clips": {split: len(corpus.clips(split)) for split in SPLITS},
            }
        )
    teachers = [dict(source) for name in mixing.teachers for source in teacher.TEACHERS[name].sources]
    return {
        "format": 2,
        "seed": seed,
        "mixing": json.loads(json.dumps(mixing.to_table())),
        **described,
        **({"teacher": teachers} if teachers else {}),
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.create_dataset", description=__doc__)
    parser.add_argument(
        "recipe",
        nargs="?",
        default=REFERENCE,
        help="TOML file, or the name of one in training/recipes; %(default)s by default",
    )
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="folder of the recipe's corpora")
    corpus = "corpus instead of the recipe's: KIND:PATH[?OPTION=VALUE&...][@WEIGHT], repeatable"
    for role in ROLES:
        parser.add_argument(f"--{role}", action="append", default=[], metavar="CORPUS", help=corpus)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    for split, count in (("train", 4000), ("dev", 400), ("test", 400)):
        parser.add_argument(
            f"--{split}", type=at_least(0), default=count, metavar="N", help=f"mixtures, {count} by default"
        )
    parser.add_argument("--seed", type=at_least(0), default=0, metavar="N", help="same seed, same bytes; 0 by default")
    add_workers(parser)
    group = parser.add_argument_group("changes of the recipe's mixing")
    group.add_argument("--sample-rate", type=at_least(4000), metavar="HZ")
    group.add_argument("--seconds", type=float, metavar="X", help="length of a mixture")
    group.add_argument("--snr-db", type=float, nargs=2, metavar=("LOW", "HIGH"), help="range of the ratio")
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="KIND.FIELD of an effect, or a field of the mixing, as reverb.probability=0.5; repeatable",
    )
    return parser


def _mixing(given: argparse.Namespace, mixing: Mixing) -> Mixing:
    """Change a mixing as the command line has it."""
    changes: dict[str, dict[str, Any]] = {}
    simple: dict[str, Any] = {}
    for change in given.set:
        name, _, text = change.partition("=")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            raise ValueError(f"--set {change}: write NAME=VALUE, the value as in a recipe.") from None
        kind, dot, field = name.partition(".")
        if dot:
            changes.setdefault(kind, {})[field] = value
        else:
            simple[name] = value
    if given.snr_db:
        changes.setdefault("snr", {})["range_db"] = list(given.snr_db)
    simple |= {"rate": given.sample_rate} if given.sample_rate else {}
    simple |= {"seconds": given.seconds} if given.seconds is not None else {}
    return mixing.changed(changes, simple)


def _corpora(given: argparse.Namespace, recipe: recipes.Recipe) -> list[CorpusSpec]:
    """Take the corpora of the command line, or else the recipe's."""
    named = [parse(spec, role) for role in ROLES for spec in getattr(given, role)]
    if named:
        return named
    if given.corpora is None:
        raise ValueError("give --corpora DIR, the folder of the recipe's corpora, or --speech and --noise.")
    return [spec.at(given.corpora) for spec in recipe.corpora.values()]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 when the data set is complete."""
    given = _parser().parse_args(arguments)
    counts = {split: getattr(given, split) for split in SPLITS}
    bundled = RECIPES / f"{given.recipe}.toml"
    try:
        recipe = recipes.read(bundled if bundled.is_file() else Path(given.recipe))
        mixing = _mixing(given, recipe.live_mixing())
        made = create(given.out, _corpora(given, recipe), mixing, counts, seed=given.seed, workers=given.workers)
    except (AudioError, CorpusError, CannotWriteError, ModuleNotFoundError, ValueError, FileNotFoundError) as error:
        print(f"create_dataset: {error}", file=sys.stderr)
        return 1
    for split in counts:
        if counts[split] and split not in made["splits"]:
            print(f"{split}: left out, as no speech or no noise is in that split.")
    total = sum(part["mixtures"] for part in made["splits"].values())
    print(
        f"{given.out}: {total} mixtures, {total * mixing.seconds / 3600:.2f} h; {len(made['skipped'])} clips skipped."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
