"""The losses by name, and the weighted sum of them that a recipe asks for. Names are known without importing Keras."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.objective.answer import Answer

Tensor = Any
Loss = Callable[["Answer"], Tensor]

LOSSES = {
    "standardised_mse": "standardised",
    "compressed_magnitude": "compressed",
    "compressed_complex": "compressed",
    "over_suppression": "compressed",
    "multi_resolution": "multi_resolution",
    "log_spectral": "log_spectral",
    "unintelligibility": "stoi",
    "disturbance": "pesq_loss",
    "low_opinion": "dnsmos_loss",
    "lost_opinion": "dnsmos_loss",
    "negative_si_sdr": "si_sdr",
}
"""For each loss, the module of this package that holds the function of its name."""


def load(name: str) -> Loss:
    """Return a loss, a function from `training.objective.answer.Answer` to a number.

    Raises
    ------
    KeyError
        If there is no such loss.
    """
    return getattr(importlib.import_module(f"training.objective.{LOSSES[name]}"), name)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Term:
    """A loss in a weighted sum.

    Attributes
    ----------
    name
        Of `LOSSES`.
    weight
        Factor in the sum.
    every
        Computed in every n-th step only, n times as heavy there, so that its mean share is the same.
    """

    name: str
    weight: float
    every: int = 1

    def __post_init__(self) -> None:
        if self.name not in LOSSES:
            raise ValueError(f"there is no loss '{self.name}'; there are {', '.join(LOSSES)}")
        if not isinstance(self.weight, (int, float)) or isinstance(self.weight, bool) or not self.weight >= 0:
            raise ValueError(f"the weight of the loss '{self.name}' is {self.weight!r}; it must be a number from 0 on")
        if not isinstance(self.every, int) or self.every < 1:
            raise ValueError(f"the loss '{self.name}' has every = {self.every!r}; it must be a whole number from 1 on")


def terms_of(given: Mapping[str, float | Mapping[str, Any]]) -> tuple[Term, ...]:
    """Read a recipe's losses: a weight for each name, or a table of ``weight`` and ``every``.

    Raises
    ------
    ValueError
        If there is none, or a name, key or value is wrong.

    Examples
    --------
    >>> terms_of({"compressed_magnitude": 0.7, "lost_opinion": {"weight": 0.15, "every": 4}})[1]
    Term(name='lost_opinion', weight=0.15, every=4)
    """
    if not given:
        raise ValueError(f"no loss is chosen; there are {', '.join(LOSSES)}")
    terms = []
    for name, value in given.items():
        settings = dict(value) if isinstance(value, Mapping) else {"weight": value}
        if "weight" not in settings or settings.keys() - {"weight", "every"}:
            raise ValueError(f"the loss '{name}' has {', '.join(settings) or 'nothing'}; give it weight, and every")
        terms.append(Term(name, **settings))
    return tuple(terms)


def objective(terms: Mapping[str, float | Mapping[str, Any]]) -> Loss:
    """Make the weighted sum of named losses.

    Parameters
    ----------
    terms : mapping
        As `terms_of` reads it. A term with ``every`` counts in each step if `Answer.step` is None, as in validation.

    Raises
    ------
    ValueError
        If a name is unknown or there is none.
    ModuleNotFoundError
        If a loss needs a package that is not installed.

    Examples
    --------
    >>> loss = objective({"compressed_magnitude": 0.7, "compressed_complex": 0.3})
    """
    chosen = [(term, load(term.name)) for term in terms_of(terms)]
    if any(term.name in ("low_opinion", "lost_opinion") for term, _ in chosen):
        from training.objective.dnsmos_loss import layers

        layers()  # what is missing is told now, not from within a step

    def total(answer: Answer) -> Tensor:
        answer.share()
        return sum(_weighted(term, loss, answer) for term, loss in chosen)

    return total


def _weighted(term: Term, loss: Loss, answer: Answer) -> Tensor:
    from keras import ops

    from training.objective.compiled import compiled

    # Compiled one by one: in one program, XLA computes what they share over again for each.
    if term.every == 1 or answer.step is None:
        return term.weight * compiled(loss, answer)
    return ops.cond(
        ops.equal(ops.mod(answer.step, term.every), 0),
        lambda: term.weight * term.every * compiled(loss, answer),
        lambda: ops.zeros((), "float32"),
    )
