"""How much memory this process holds (Linux)."""

import os
from pathlib import Path


def resident() -> float:
    """Resident memory, MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
