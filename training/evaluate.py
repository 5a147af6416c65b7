"""``python -m training.evaluate SET_OR_FOLDER --model NAME --peers all --out DIR``: how well models and their peers do.

A set is a file of ``training/evaluation/sets``. A folder of pairs holds ``clean`` and ``noisy``, with files of the same
names and any one rate each, and, if there is one, ``pairs.csv`` with columns ``pair`` (file name without ending),
``noise`` and ``snr_db``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from speechenh_plugin.settings import REDUCTION_LIMIT
from training.arguments import add_workers, at_least
from training.audio import AudioError
from training.evaluation import report, systems
from training.evaluation.evaluation_set import AUDIO_VARIABLE, USES, find_set, names
from training.evaluation.pairs import CLEAN, NOISY, Pair
from training.evaluation.run import Choice, Extent, evaluate


def choose(models: Iterable[str], peers: str) -> Choice:
    """Read what the command line asks for; a peer that is not installed is skipped with a word.

    Raises
    ------
    ValueError
        If a peer is unknown, or two models, or a model and what it is judged beside, have one name.
    """
    wanted = list(systems.PEERS) if peers == "all" else [name for name in peers.split(",") if name]
    found = []
    for name in wanted:
        if name not in systems.PEERS:
            raise ValueError(f"there is no peer '{name}'; there are {', '.join(systems.PEERS)}, or all.")
        try:
            systems.peer(name)
            found.append(name)
        except systems.NotInstalledError as missing:
            print(missing, file=sys.stderr)
    effects = tuple(map(_effect, models))
    names = [name for _, name, _ in effects]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two models would both be called '{name}': give folders of other names.")
        if name in (NOISY, CLEAN, *(systems.PEERS[peer][0] for peer in found)):
            raise ValueError(
                f"a model would be called '{name}', as what it is judged beside: give a folder of another name."
            )
    return Choice(effects, tuple(found))


def _effect(given: str) -> tuple[str | None, str, float]:
    """Split MODEL[@DB] into what `training.evaluation.systems.effect` takes; an @ before no number is of a path."""
    model, limit = given, REDUCTION_LIMIT
    if found := re.fullmatch(r"(.+)@(\d+(?:\.\d+)?)", given):
        model, limit = found[1], float(found[2])
    name = "DeepDenoise" if model == "default" else re.sub(r"\.(ddn|vstpreset)$", "", Path(model).name)
    return None if model == "default" else model, f"{name}@{limit:g}" if found else name, limit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__.split("\n")[0])
    parser.add_argument("pairs", help=f"{', '.join(names())}, or a folder with clean/ and noisy/")
    parser.add_argument("--audio", type=Path, metavar="DIR", help=f"where sets' recordings lie; or {AUDIO_VARIABLE}")
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="MODEL[@DB]",
        help="bundled name, model file or directory, or 'default', and a reduction limit (repeatable)",
    )
    parser.add_argument("--peers", default="", help=f"all, or some of {','.join(systems.PEERS)}")
    parser.add_argument("--rate", type=at_least(1), help="cut to this rate, in Hz, first; 8000 for the telephone band")
    parser.add_argument("--limit", type=at_least(1), help="judge the first so many pairs only")
    parser.add_argument("--every", type=at_least(1), default=1, metavar="N", help="judge every n-th pair only")
    parser.add_argument("--figure", metavar="NAME", help="pair to draw, before and after the first model")
    parser.add_argument("--no-dnsmos", action="store_true", help="leave out DNSMOS, which takes longest")
    parser.add_argument("--extremes", action="store_true", help="denoise clean speech and noise by themselves as well")
    parser.add_argument("--level-sweep", action="store_true", help="denoise at levels from -60 to +20 dB as well")
    add_workers(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder for tables and plots")
    options = parser.parse_args(arguments)
    try:
        chosen = find_set(options.pairs, options.audio)
        pairs = chosen.pairs[: options.limit : options.every]
        choice = choose(options.model, options.peers)
        options.out.mkdir(parents=True, exist_ok=True)
        if options.figure:
            _draw(pairs, choice, options.figure, options.rate, options.out)
        extent = Extent(options.rate, not options.no_dnsmos, options.extremes, options.level_sweep)
        rows = evaluate(pairs, choice, extent, options.workers)
    except (ValueError, OSError, AudioError) as error:
        print(f"training.evaluate: {error}", file=sys.stderr)
        return 1
    title = chosen.title + (f" at {options.rate} Hz" if options.rate else "")
    use = f"{chosen.title} is {USES[chosen.use]}" if chosen.use else ""
    print(report.write(options.out, title, rows, use))
    return 0


def _draw(pairs: Sequence[Pair], choice: Choice, name: str, rate: int | None, out: Path) -> None:
    named = {pair.name: pair for pair in pairs}
    # A name may have a dot; else what follows one is the ending of a file.
    pair = named.get(name) or named.get(Path(name).stem)
    if pair is None or not choice.models:
        raise ValueError(f"to draw '{name}' there must be a pair of that name and a --model.")
    clean, noisy, rate = pair.read(rate)
    denoised, _ = choice.open()[0].run(noisy, rate)
    report.figure(out / pair.name, {"clean": clean, "noisy": noisy, "denoised": denoised}, rate)


if __name__ == "__main__":
    sys.exit(main())
