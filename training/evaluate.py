"""``python -m training.evaluate PAIRS --model NAME --peers all --out DIR``: how well models and their peers do.

PAIRS holds ``clean`` and ``noisy``, with files of the same names and any one rate each, and, if there is one,
``pairs.csv`` with columns ``pair`` (file name without ending), ``noise`` and ``snr_db``.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import re
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from speechenh_plugin.effect import REDUCTION_LIMIT
from training.arguments import add_workers, at_least
from training.data.audio import SUFFIXES, Audio, AudioError, read, resample
from training.evaluation import measures, report, systems
from training.evaluation.measures import WIDE, judge

Row = dict[str, Any]

NOISY, CLEAN = "noisy", "clean"


@dataclass(frozen=True)
class Pair:
    """A clean and a noisy recording of the same.

    Attributes
    ----------
    name
        File name without ending.
    labels
        What ``pairs.csv`` says of it, such as "noise" and "snr_db".
    """

    name: str
    clean: Path
    noisy: Path
    labels: dict[str, str]

    def read(self, rate: int | None = None) -> tuple[Audio, Audio, int]:
        """Read clean and noisy signal and their rate, resampled if a rate is given."""
        noisy, own = read(self.noisy)
        clean, _ = read(self.clean, own)
        size = min(len(clean), len(noisy))
        clean, noisy = clean[:size], noisy[:size]
        if rate is None or rate == own:
            return clean, noisy, own
        return resample(clean, own, rate), resample(noisy, own, rate), rate


def find_pairs(folder: Path) -> list[Pair]:
    """List the pairs of a folder, by name.

    Raises
    ------
    ValueError
        If there is none, or a noisy file has no clean one.
    """
    labels: dict[str, dict[str, str]] = {}
    if (folder / "pairs.csv").is_file():
        with (folder / "pairs.csv").open(newline="") as file:
            labels = {row["pair"]: row for row in csv.DictReader(file)}
    cleans = {path.stem: path for path in (folder / CLEAN).glob("*") if path.suffix.lower() in SUFFIXES}
    noisies = {path.stem: path for path in (folder / NOISY).glob("*") if path.suffix.lower() in SUFFIXES}
    if not noisies:
        raise ValueError(
            f"{folder} holds no pairs: put files of the same names into {folder}/clean and {folder}/noisy."
        )
    for name, path in noisies.items():
        if name not in cleans:
            raise ValueError(f"{path} has no clean file of the same name in {folder / CLEAN}.")
    return [Pair(name, cleans[name], noisies[name], labels.get(name, {})) for name in sorted(noisies)]


@dataclass(frozen=True)
class Choice:
    """The systems to evaluate, so that each process can open them itself.

    Attributes
    ----------
    models
        What `training.evaluation.systems.effect` takes.
    peers
        Names of `training.evaluation.systems.PEERS`.
    """

    models: tuple[tuple[str | None, str, float], ...]
    peers: tuple[str, ...]

    def open(self) -> list[systems.System]:
        """Open all of them."""
        return [*(systems.effect(*model) for model in self.models), *map(systems.peer, self.peers)]


def evaluate(
    pairs: Sequence[Pair],
    choice: Choice,
    rate: int | None = None,
    workers: int = 1,
    dnsmos: bool = True,
    extremes: bool = False,
) -> list[Row]:
    """Denoise and judge every pair with every system.

    Parameters
    ----------
    pairs : sequence of Pair
    choice : Choice
        Besides these, the noisy and the clean signals themselves are judged.
    rate : int, optional
        Hz to resample the pairs to before anything else.
    workers : int
        Processes.
    dnsmos : bool
        Whether to run DNSMOS.
    extremes : bool
        Whether to denoise the clean speech and the noise by themselves as well.

    Returns
    -------
    list of dict
        A row for each pair and system: "pair", "system", the pair's labels, the measures, "RTF".
    """
    # A peer's lag is constant: clean speech shows it once for all.
    clean, _, own = pairs[0].read(rate)
    lags = {system.name: system.aligned(clean, own).lag for system in choice.open() if system.name in _peer_titles()}
    tasks = [(pair, choice, rate, lags, dnsmos, extremes) for pair in pairs]
    if workers == 1:
        return _collect(map(_task, tasks), len(tasks))
    # Fork would copy the threads of libraries that are loaded by now.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return _collect(pool.map(_task, tasks), len(tasks))


def _collect(made: Iterable[list[Row]], total: int) -> list[Row]:
    return [row for rows in tqdm(made, total=total, unit="pair", disable=None) for row in rows]


def _peer_titles() -> set[str]:
    return {title for title, *_ in systems.PEERS.values()}


@cache
def _opened(choice: Choice) -> list[systems.System]:
    return choice.open()


def _task(task: tuple[Pair, Choice, int | None, dict[str, float], bool, bool]) -> list[Row]:
    pair, choice, rate, lags, dnsmos, extremes = task
    clean, noisy, rate = pair.read(rate)
    labels: Row = {key: pair.labels[key] for key in ("noise", "snr_db") if key in pair.labels} | {"pair": pair.name}
    rows: list[Row] = [{**labels, "system": NOISY, **judge(noisy, clean, rate, dnsmos)}]
    if dnsmos and rate >= WIDE:
        rows.append({**labels, "system": CLEAN, **measures.dnsmos(resample(clean, rate, WIDE))})
    for system in _opened(choice):
        placed = replace(system, lag=lags.get(system.name, 0.0))
        estimate, seconds = placed.run(noisy, rate)
        judged = judge(estimate, clean, rate, dnsmos)
        if extremes:
            judged |= measures.extremes(partial(_denoised, placed, rate), noisy, clean, rate)
        rows.append({**labels, "system": system.name, **judged, "RTF": seconds * rate / len(noisy)})
    return rows


def _denoised(system: systems.System, rate: int, audio: Audio) -> Audio:
    return system.run(audio, rate)[0]


def choose(models: Iterable[str], peers: str) -> Choice:
    """Read what the command line asks for; a peer that is not installed is skipped with a word.

    Raises
    ------
    ValueError
        If a peer is unknown, or two models have one name.
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
    return Choice(effects, tuple(found))


def _effect(given: str) -> tuple[str | None, str, float]:
    """Split MODEL[@DB] into what `training.evaluation.systems.effect` takes; an @ before no number is part of a path."""
    model, limit = given, REDUCTION_LIMIT
    if found := re.fullmatch(r"(.+)@(\d+(?:\.\d+)?)", given):
        model, limit = found[1], float(found[2])
    name = "DeepDenoise" if model == "default" else re.sub(r"\.(ddn|vstpreset)$", "", Path(model).name)
    return None if model == "default" else model, f"{name}@{limit:g}" if found else name, limit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__.split("\n")[0])
    parser.add_argument("pairs", type=Path, help="folder with clean/ and noisy/")
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
    parser.add_argument("--figure", metavar="NAME", help="pair to draw, before and after the first model")
    parser.add_argument("--no-dnsmos", action="store_true", help="leave out DNSMOS, which takes longest")
    parser.add_argument("--extremes", action="store_true", help="denoise clean speech and noise by themselves as well")
    add_workers(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder for tables and plots")
    options = parser.parse_args(arguments)
    try:
        pairs = find_pairs(options.pairs)[: options.limit]
        choice = choose(options.model, options.peers)
        options.out.mkdir(parents=True, exist_ok=True)
        if options.figure:
            _draw(pairs, choice, options.figure, options.rate, options.out)
        rows = evaluate(pairs, choice, options.rate, options.workers, not options.no_dnsmos, options.extremes)
    except (ValueError, OSError, AudioError) as error:
        print(f"training.evaluate: {error}", file=sys.stderr)
        return 1
    title = options.pairs.resolve().name + (f" at {options.rate} Hz" if options.rate else "")
    print(report.write(options.out, title, rows))
    return 0


def _draw(pairs: Sequence[Pair], choice: Choice, name: str, rate: int | None, out: Path) -> None:
    pair = next((pair for pair in pairs if pair.name == Path(name).stem), None)
    if pair is None or not choice.models:
        raise ValueError(f"to draw '{name}' there must be a pair of that name and a --model.")
    clean, noisy, rate = pair.read(rate)
    denoised, _ = choice.open()[0].run(noisy, rate)
    report.figure(out / pair.name, {"clean": clean, "noisy": noisy, "denoised": denoised}, rate)


if __name__ == "__main__":
    sys.exit(main())
