"""What `process` of LADSPA, LV2 and CLAP may not do: allocate, lock or call the system."""

from pathlib import Path

import realtime_guard


@realtime_guard.needed
def test_process_neither_allocates_nor_locks_nor_calls_the_system(tmp_path: Path) -> None:
    counts = realtime_guard.counts("shells_probe.py", tmp_path)
    assert len(counts) == (2 * 2 + 2) * 4
    assert counts == {case: [0, 0] for case in counts}
