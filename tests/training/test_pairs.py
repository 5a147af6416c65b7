"""Batches: made ahead, in order, from any step on."""

import threading
from collections.abc import Iterator
from itertools import count, islice
from types import SimpleNamespace

import numpy as np
import pytest

from training.fit.pairs import Ahead, batches, stack, stage_seed


def test_items_come_in_order_and_the_generator_is_closed() -> None:
    closed = threading.Event()

    def numbers() -> Iterator[int]:
        try:
            yield from count()
        finally:
            closed.set()

    items = Ahead(numbers())
    assert list(islice(items, 100)) == list(range(100))
    items.close()
    assert closed.is_set() and next(items, None) is None


def test_an_end_and_an_error_reach_whoever_takes_the_items() -> None:
    assert list(Ahead(iter_of(1, 2))) == [1, 2]

    def broken() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    items = Ahead(broken())
    assert next(items) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)
    items.close()


def iter_of(*values: int) -> Iterator[int]:
    yield from values


def test_batches_have_one_row_a_mixture() -> None:
    made = [
        SimpleNamespace(noisy=np.full(3, n, np.float32), clean=np.zeros(3, np.float32), bandwidth_hz=float(n))
        for n in range(5)
    ]
    first, second = islice(batches(made, 2), 2)
    assert first[0].shape == (2, 3) and first[2].dtype == np.float32 and list(second[2]) == [2, 3]
    assert np.array_equal(stack(made[:2])[0], first[0])


def test_stages_and_seeds_hear_other_mixtures() -> None:
    assert len({stage_seed(name, seed) for name in ("a", "b") for seed in (1, 2)}) == 4
