"""Pictures and levels of sounds."""

import numpy as np
import pytest

from speechenh_plugin import plots


@pytest.mark.parametrize("level", [-20.0, -60.0, -110.0])
def test_levels_of_faint_sounds(level: float) -> None:
    measured = plots.levels(np.full(8000, 10 ** (level / 20)), 8000)
    assert (measured.peak_db, measured.rms_db, measured.noise_floor_db) == pytest.approx((level,) * 3, abs=0.01)
