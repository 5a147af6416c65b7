"""Pictures and levels of sounds."""

import numpy as np
import pytest

from speechenh_plugin import plots


@pytest.mark.parametrize("level", [-20.0, -60.0, -110.0])
def test_levels_of_faint_sounds(level: float) -> None:
    measured = plots.levels(np.full(8000, 10 ** (level / 20)), 8000)
    assert (measured.peak_db, measured.rms_db, measured.noise_floor_db) == pytest.approx((level,) * 3, abs=0.01)


def test_any_number_of_sounds_is_drawn_to_one_scale() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure(layout="constrained")
    noise = np.random.default_rng(0).standard_normal(8000)
    sounds = {"a": noise, "b": 0.1 * noise, "c": 0.01 * noise}
    plots.draw(figure, sounds, 8000)
    waves, pictures = figure.axes[:3], figure.axes[3:6]
    assert [axes.get_title() for axes in waves] == ["a", "b", "c"]
    assert len({axes.get_ylim() for axes in waves}) == 1
    assert len({axes.images[0].get_clim() for axes in pictures}) == 1
    loudest = [axes.images[0].get_array().max() for axes in pictures]
    assert loudest == pytest.approx([loudest[0], loudest[0] - 20, loudest[0] - 40])
