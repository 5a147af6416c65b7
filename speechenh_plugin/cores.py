"""What of the machine a process may use."""

import os


def available() -> int:
    """Count the cores that this process may run on: fewer than there are where it was bound to some, as by taskset.

    Returns
    -------
    int
        1 or more.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
