"""``python -m training.fit.average RUN/last.keras OTHER/last.keras --out MEAN``: a run whose weights are the mean of others'.

The mean of runs that began alike lies in their valley, and often deeper ("model soups", Wortsman et al. 2022).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.atomic import whole, write_text
from training.fit.loop import BEST, LAST
from training.fit.origin import origins
from training.network.keras_build import build, load, weights_of
from training.train import for_regions


def mean(models: Sequence[Path], out: Path) -> None:
    """Write ``last.keras``, the mean, and ``run.json``, how each of them was made.

    Parameters
    ----------
    models : sequence of Path
        ``.keras`` files of one network; one given twice weighs twice. Of those that tell apart other regions of the
        spectrum, the mean does as the one of most weights.
    out : Path
        Folder; made if missing.

    Raises
    ------
    OSError, ValueError
        If one cannot be read, or is another network, or if runs that differ have one name.
    FileExistsError
        If `out` holds a run of training already, whose other weights and curves would pass for the mean's.
    """
    if (out / BEST).exists():
        raise FileExistsError(f"{out} holds a run of its own: give the mean another folder.")
    names, before = origins(*models)
    networks = [load(path) for path in models]
    largest = max(networks, key=lambda network: network.graph.parameters)
    weights = [for_regions(weights_of(network), largest.graph) for network in networks]
    # Built from each in turn, a network of another kind is refused by name.
    each = [weights_of(build(largest.graph, w)) for w in weights]
    summed = build(largest.graph, {name: np.mean([w[name] for w in each], 0) for name in each[0]})
    out.mkdir(parents=True, exist_ok=True)
    with whole(out / LAST) as part:
        summed.save(part)
    write_text(out / "run.json", json.dumps({"mean_of": names, "before": before}, indent=1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.fit.average", description=__doc__.split("\n")[0])
    parser.add_argument(
        "models",
        type=Path,
        nargs="+",
        metavar="KERAS",
        help=".keras files, as RUN/last.keras; one given twice weighs twice",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the new run")
    options = parser.parse_args(arguments)
    try:
        mean(options.models, options.out)
    except (OSError, ValueError) as error:
        print(f"training.fit.average: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
