"""Ranges of command-line arguments."""

import argparse

import pytest

from training.arguments import at_least


def test_what_is_below_the_range_or_no_number_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=at_least(1))
    parser.add_argument("--limit", type=at_least(0.0))
    assert vars(parser.parse_args(["--workers", "1", "--limit", "inf"])) == {"workers": 1, "limit": float("inf")}
    for given, said in (
        ("--workers=0", "argument --workers: 0 is not 1 or more"),
        ("--workers=1.5", "argument --workers: invalid number value: '1.5'"),
        ("--limit=-3", "argument --limit: -3 is not 0.0 or more"),
        ("--limit=nan", "argument --limit: nan is not 0.0 or more"),
    ):
        with pytest.raises(SystemExit):
            parser.parse_args([given])
        assert said in capsys.readouterr().err
