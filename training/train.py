"""``python -m training.train RECIPE.toml --corpora DIR``: run what is missing of a recipe.

Each stage has a folder with all that is needed to go on after a kill (give the same command again), to look at it
(``tensorboard --logdir``, ``history.csv``, ``history.png``), to know what it heard (``run.json``) and to export it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from training import recipe as recipes
from training.arguments import at_least


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__.split("\n")[0])
    parser.add_argument("recipe", type=Path, help="TOML file, as in training/recipes")
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="folder of the recipe's corpora")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="data set of training.create_dataset, or TFRecord windows of the reference project, instead of corpora",
    )
    parser.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR", help="folder of runs, %(default)s")
    parser.add_argument(
        "--stage", metavar="NAME", help="this stage only, or NAME:SEED of it, those before it being done"
    )
    parser.add_argument("--epochs", type=at_least(1), metavar="N", help="epochs of each stage, instead of the recipe's")
    parser.add_argument("--steps", type=at_least(1), metavar="N", help="steps of each epoch, instead of the recipe's")
    parser.add_argument(
        "--workers",
        type=at_least(0),
        default=1,
        metavar="N",
        help="processes that mix, %(default)s by default; with 0 the training's own does",
    )
    parser.add_argument(
        "--strategy", choices=("none", "mirrored", "multiworker"), default="none", help="how to use several devices"
    )
    parser.add_argument(
        "--audio",
        type=Path,
        metavar="DIR",
        help="where the recordings of evaluation sets lie, the folder of corpora by default; or DEEPDENOISE_AUDIO",
    )
    parser.add_argument("--no-evaluation", action="store_true", help="leave out the recipe's evaluation sets")
    options = parser.parse_args(arguments)
    try:
        recipe = recipes.read(options.recipe)
    except (ValueError, OSError) as error:
        return _refuse(error)
    changes = {name: getattr(options, name) for name in ("epochs", "steps") if getattr(options, name)}
    recipe = replace(recipe, stages=tuple(replace(stage, **changes) for stage in recipe.stages))
    if options.no_evaluation:
        recipe = replace(recipe, evaluation=recipes.Evaluation())
    if options.corpora is None and options.data is None:
        parser.error("give --corpora DIR, the folder of the recipe's corpora, or --data DIR")

    # Keras takes seconds to load, and is not needed to find out that a recipe is wrong.
    from training.audio import AudioError
    from training.data.bank import BankError
    from training.data.corpora import CorpusError
    from training.data.dataset import DatasetError
    from training.data.tfrecord import RecordError
    from training.export.errors import ExportError
    from training.fit.memory import keep_memory
    from training.fit.stage import Place, run_recipe

    keep_memory()

    judge = None
    if recipe.evaluation.sets:
        from training.evaluation.during_training import SetsBelow

        judge = SetsBelow(options.audio or options.corpora)
    place = Place(options.out / recipe.name, options.corpora, options.data, options.workers, options.strategy, judge)
    try:
        histories = run_recipe(recipe, place, options.stage)
    except (
        ValueError,
        OSError,
        ModuleNotFoundError,
        AudioError,
        BankError,
        CorpusError,
        DatasetError,
        ExportError,
        RecordError,
    ) as error:
        return _refuse(error)
    for run, history in histories.items():
        monitor = next(stage.monitor for stage in recipe.stages if run in stage.runs)
        best = recipes.BETTER[monitor](row[monitor] for row in history)
        print(f"{place.out / run}: {len(history)} epochs, best {monitor} {best:.4f}")
    return 0


def _refuse(error: Exception) -> int:
    print(f"training.train: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
