"""A few seconds of each fuzzer of fuzz.py; ``DEEPDENOISE_FUZZ=600`` makes it ten minutes each."""

import os
import sys

import fuzz
import pytest

SECONDS = float(os.environ.get("DEEPDENOISE_FUZZ", "3"))


# What cases must come to, so that the fuzzers get past the first check.
OUTCOMES: dict[str, set[str]] = {"model": {"refused", "played"}, "state": {"refused", "taken"}}


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_no_findings(target: str) -> None:
    if target != "model" and sys.platform != "linux":
        pytest.skip("the bare host knows Linux's calling convention and result codes")
    fuzz.fuzz(target, SECONDS, wanted=OUTCOMES.get(target, set()))
