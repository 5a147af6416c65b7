"""Hosts of LADSPA, LV2 and CLAP that break the rules: no crash, no noise, and afterwards all is as ever."""

import random
import sys

import pytest

if sys.platform != "linux":
    pytest.skip("the bare hosts load Linux's libraries", allow_module_level=True)

from hostile_shells import SHELLS


@pytest.mark.parametrize("shell", SHELLS)
def test_mistreated_instances_serve_as_new_ones(shell: str) -> None:
    for case in range(25):
        SHELLS[shell](random.Random(case))
