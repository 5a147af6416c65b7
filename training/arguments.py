"""Command-line arguments that several commands have, and types of those that have a range."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import TypeVar

Number = TypeVar("Number", int, float)


def at_least(least: Number) -> Callable[[str], Number]:
    """Make the type of an argument: a number of the type of `least`, from it on.

    Examples
    --------
    >>> at_least(1)("8")
    8
    >>> at_least(0.0)("nan")
    Traceback (most recent call last):
    ...
    argparse.ArgumentTypeError: nan is not 0.0 or more
    """

    def number(text: str) -> Number:
        value = type(least)(text)
        if not value >= least:
            raise argparse.ArgumentTypeError(f"{text} is not {least} or more")
        return value

    return number


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Let a command be told how many processes to use."""
    help_text = "processes; all cores by default"
    parser.add_argument("--workers", type=at_least(1), default=os.cpu_count() or 1, metavar="N", help=help_text)
