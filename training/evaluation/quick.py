"""A brief evaluation for use during training: every n-th pair of a set, without DNSMOS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from training.audio import Audio
from training.evaluation import report, systems
from training.evaluation.evaluation_set import EvaluationSet, find_set
from training.evaluation.run import Extent, judged


def quick(
    model: str | Path | Callable[[Audio], Audio],
    pairs: str | EvaluationSet,
    every: int = 5,
    *,
    denoise_rate: int | None = None,
    rate: int | None = None,
    audio: Path | None = None,
) -> dict[str, float]:
    """Judge a model on some pairs of an evaluation set.

    Parameters
    ----------
    model : str, Path or callable
        What ``DeepDenoise(model=...)`` takes, to be judged through the effect; or a function from samples (n,) to as
        many aligned samples, from a fresh state at each call, such as a network in training with its front end.
    pairs : str or EvaluationSet
        Name of a set, or a folder of pairs; see `training.evaluation.evaluation_set.find_set`.
    every : int
        Judge every n-th pair, from the first on.
    denoise_rate : int, optional
        Hz at which the function takes samples, to which pairs are resampled and back; by default it takes every rate.
    rate : int, optional
        Hz to which pairs are cut before anything else, such as 8000.
    audio : Path, optional
        Folder below which the set's recordings lie; by default the environment variable DEEPDENOISE_AUDIO.

    Returns
    -------
    dict of str to float
        Means over the pairs by name of `training.evaluation.judge.MEASURES`, what could not be judged left out.

    Raises
    ------
    ValueError
        If there is no such set, or no recordings.

    Examples
    --------
    >>> quick("fullband", "dev48", every=10)["PESQ-wb"]  # doctest: +SKIP
    2.3
    """
    chosen = find_set(pairs, audio) if isinstance(pairs, str) else pairs
    if isinstance(model, (str, Path)):
        system = systems.effect(str(model))
    else:
        function = model
        system = systems.System("network", denoise_rate, lambda _: function)
    extent = Extent(rate=rate, dnsmos=False)
    rows = [row for pair in chosen.pairs[::every] for row in judged(pair, [system], extent, references=False)]
    return report.means(rows)[system.name]
