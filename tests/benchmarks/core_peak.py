"""The most multiply-adds a second that a core could do: the measure of how good kernels are."""

import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "helpers" / "native" / "fma_peak.cpp"


def core_peak() -> float | None:
    """Measure this core; None without a C++ compiler."""
    compiler = shutil.which("c++")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "fma_peak"
        subprocess.run([compiler, "-O2", "-march=native", "-ffp-contract=fast", SOURCE, "-o", program], check=True)
        return 1e9 * float(subprocess.run([program], check=True, capture_output=True, text=True).stdout)
