"""Denoise every pair with every system and judge what comes out, in one process or several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tqdm import tqdm

from training.audio import Audio
from training.evaluation import systems
from training.evaluation.judge import judge, judge_clean, judge_denoiser
from training.evaluation.pairs import CLEAN, NOISY, Pair
from training.processes import pool

Row = dict[str, Any]
LABELS = ("noise", "snr_db")


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


@dataclass(frozen=True)
class Extent:
    """What is judged.

    Attributes
    ----------
    rate
        Hz to which pairs are resampled before anything else; None leaves them.
    dnsmos
        Whether DNSMOS is run.
    extremes
        Whether clean speech and noise are denoised by themselves as well.
    level_sweep
        Whether the noisy signals are denoised at other levels as well.
    """

    rate: int | None = None
    dnsmos: bool = True
    extremes: bool = False
    level_sweep: bool = False


def evaluate(pairs: Sequence[Pair], choice: Choice, extent: Extent | None = None, workers: int = 1) -> list[Row]:
    """Denoise and judge every pair with every system.

    Parameters
    ----------
    pairs : sequence of Pair
    choice : Choice
        Besides these, the noisy and the clean signals themselves are judged.
    extent : Extent, optional
        What is judged.
    workers : int
        Processes.

    Returns
    -------
    list of dict
        A row for each pair and system: "pair", "system", the pair's labels, the measures, "RTF".
    """
    extent = extent or Extent()
    # A peer's lag is constant: clean speech shows it once for all.
    lags = {
        system.name: system.aligned(_clean_speech(pairs, extent.rate)).lag for system in map(systems.peer, choice.peers)
    }
    tasks = [(pair, choice, extent, lags) for pair in pairs]
    if workers == 1:
        return _collect(map(_task, tasks), len(tasks))
    with pool(workers) as judging:
        return _collect(judging.map(_task, tasks), len(tasks))


def judged(pair: Pair, opened: Iterable[systems.System], extent: Extent, references: bool = True) -> list[Row]:
    """Return the rows of one pair.

    Parameters
    ----------
    pair : Pair
    opened : iterable of System
        Their lags known.
    extent : Extent
    references : bool
        Whether the noisy and the clean signals themselves are judged, too.
    """
    clean, noisy, rate = pair.read(extent.rate)
    labels: Row = {key: pair.labels[key] for key in LABELS if key in pair.labels} | {"pair": pair.name}
    rows: list[Row] = []
    if references:
        rows = [
            {**labels, "system": NOISY, **judge(noisy, noisy, clean, rate, extent.dnsmos)},
            {**labels, "system": CLEAN, **judge_clean(clean, rate, extent.dnsmos)},
        ]
    for system in opened:
        estimate, seconds = system.run(noisy, rate)

        def denoise(audio: Audio, system: systems.System = system) -> Audio:
            return system.run(audio, rate)[0]

        rows.append(
            {
                **labels,
                "system": system.name,
                **judge(estimate, noisy, clean, rate, extent.dnsmos),
                **judge_denoiser(denoise, noisy, clean, rate, extent.extremes, extent.level_sweep),
                "RTF": seconds * rate / len(noisy),
            }
        )
    return rows


def _clean_speech(pairs: Iterable[Pair], rate: int | None) -> Iterator[tuple[Audio, int]]:
    for pair in pairs:
        clean, _, own = pair.read(rate)
        yield clean, own


def _collect(made: Iterable[list[Row]], total: int) -> list[Row]:
    return [row for rows in tqdm(made, total=total, unit="pair", disable=None) for row in rows]


@cache
def _opened(choice: Choice) -> list[systems.System]:
    return choice.open()


def _task(task: tuple[Pair, Choice, Extent, dict[str, float]]) -> list[Row]:
    pair, choice, extent, lags = task
    return judged(pair, [replace(system, lag=lags.get(system.name, 0.0)) for system in _opened(choice)], extent)
