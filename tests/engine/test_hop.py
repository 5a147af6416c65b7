import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from speechenh_plugin import constants
from training.network.features import hop_length

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "speechenh_plugin" / "native" / "engine"
compiler = shutil.which("c++") or shutil.which("g++")


@pytest.mark.skipif(compiler is None or sys.platform == "win32", reason="needs a C++ compiler")
def test_hops_of_all_rates_and_of_those_that_are_none(tmp_path):
    subprocess.run([sys.executable, constants.__file__, tmp_path / "constants.h"], check=True)
    sources = [ROOT / "tests" / "helpers" / "native" / "hops.cpp"]
    sources += [ENGINE / "dsp" / name for name in ("stft.cpp", "fft.cpp")]
    includes = [f"-I{folder}" for folder in (ENGINE, tmp_path)]
    subprocess.run([compiler, "-std=c++20", *includes, *sources, "-o", tmp_path / "hops"], check=True)
    rates = [*range(8000, 192000, 997), 11025, 22050, 44100, 48000, 96000, 192000]
    wrong = ["0", "1", "62.4", "-48000", "7999", "192001", "1e30", "inf", "-inf", "nan"]
    run = subprocess.run([tmp_path / "hops", *map(str, rates), *wrong], check=True, capture_output=True, text=True)
    hops = [int(line) for line in run.stdout.split()]
    assert hops == [hop_length(rate) for rate in rates] + [0] * len(wrong)
