"""The command line of :mod:`training.export`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import training.export
from training.arguments import at_least
from training.export import ExportError, export
from training.network.graph import GraphError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.export", description=str(training.export.__doc__).split("\n")[0]
    )
    parser.add_argument(
        "model", type=Path, metavar="RUN", help="folder of a run of training.train, or a .keras file, as RUN/last.keras"
    )
    parser.add_argument("--name", required=True, help="name of the model")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="directory to write, as models/NAME")
    parser.add_argument("--licence", help="licence of the weights; by default it follows from the data's")
    parser.add_argument(
        "--evaluation", type=Path, action="append", default=[], metavar="FILE", help="evaluation.json for the card"
    )
    parser.add_argument("--notes", type=Path, metavar="FILE", help="Markdown for the card's section of notes")
    parser.add_argument("--rank", type=at_least(0), metavar="N", help="place in the list of models, the least first")
    parser.add_argument("--purpose", metavar="TEXT", help="what the model is for, for the list of models")
    options = parser.parse_args(arguments)
    try:
        difference = export(
            options.model,
            options.name,
            options.out,
            options.licence,
            options.evaluation,
            options.notes,
            options.rank,
            options.purpose,
        )
    except (ExportError, GraphError, OSError) as error:
        print(f"training.export: {error}", file=sys.stderr)
        return 1
    print(f"{options.out}: the engine is within {difference:.1e} of Keras")
    return 0


if __name__ == "__main__":
    sys.exit(main())
