"""Evaluations of a run while it is trained: its last weights, exported, through the effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from training.evaluation.evaluation_set import find_set
from training.evaluation.quick import quick
from training.export import export
from training.fit.keeper import LAST
from training.fit.record import NOT_STATED

EVERY = 3
"""Of the pairs of a set, every third is judged."""


@dataclass(frozen=True)
class SetsBelow:
    """Judges runs on evaluation sets whose recordings lie below a folder.

    Attributes
    ----------
    audio
        The folder; None if the environment variable DEEPDENOISE_AUDIO names it.
    """

    audio: Path | None

    def check(self, sets: Sequence[str]) -> None:
        """Find out before a training begins whether it can be evaluated.

        Parameters
        ----------
        sets
            Names of evaluation sets, or folders of pairs.

        Raises
        ------
        ValueError
            If there is no such set, or its recordings are not there.
        ModuleNotFoundError
            If a measure's package is not installed.
        """
        for name in sets:
            try:
                find_set(name, self.audio)
            except ValueError as error:
                raise ValueError(
                    f"{str(error).rstrip('.')}; with --no-evaluation it is trained all the same."
                ) from error
        for package in ("pesq", "pystoi"):
            if find_spec(package) is None:
                raise ModuleNotFoundError(f"The recipe's evaluation needs {package}: pip install {package}")

    def judge(self, folder: Path, sets: Sequence[str]) -> dict[str, dict[str, float]]:
        """Export a run's last weights into its folder "model", and judge them through the effect.

        Returns
        -------
        dict of str to dict
            Means by set and measure.
        """
        # Only to be judged: whoever gives it away exports it with the licence that follows from its data.
        export(folder / LAST, "model", folder / "model", licence=NOT_STATED)
        return {name: quick(folder / "model", name, EVERY, audio=self.audio) for name in sets}
