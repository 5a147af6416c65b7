"""Settings of mixtures: checked, changed, and the same after a round trip."""

import pytest
from mixtures import mixing

from training.data.mixing import Mixing
from training.tables import TableError


def test_a_mixing_comes_back_from_its_table() -> None:
    made = mixing(
        {"kind": "reverb", "probability": 0.3, "recorded": 0.5},
        {"kind": "low_pass", "rates": [8000, 16000]},
        source=[{"kind": "synthetic", "share": 0.1, "of": ["hum"]}],
        silence_top_db=30,
    )
    assert Mixing.from_table(made.to_table()) == made
    assert made.effects[2].recorded == 0.5 and made.effects[-1].rates == (8000, 16000)


def test_changes_are_those_of_one_kind() -> None:
    made = mixing({"kind": "colour", "of": "noise"}, {"kind": "gain"})
    changed = made.changed({"colour": {"probability": 0.1}})
    assert changed.effects[3].probability == 0.1 and changed.effects[3].of == "noise"
    assert changed.effects[4] == made.effects[4]
    with pytest.raises(TableError, match="no effect 'echo' to change"):
        made.changed({"echo": {}})


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"seconds": 0.0}, "seconds is 0.0"),
        ({"seconds": float("inf")}, "finite"),
        ({"clean_only": 0.6, "noise_only": 0.6}, "clean_only and noise_only together"),
        ({"pause_seconds": [0.5, 0.1]}, "the lower first"),
        ({"rooms": 0}, "rooms is 0"),
        ({"rooms": True}, "rooms is True; it must be a whole number"),
        ({"effects": []}, r"write \[\[mixing.effect\]\]"),
        ({"source": [{"kind": "babble", "share": 0.7}, {"kind": "creature", "share": 0.7}]}, "share of all sources"),
        ({"source": [{"kind": "babble"}]}, "'share' is missing"),
        ({"source": [{"kind": "crowd", "share": 1}]}, "source 1: there is no kind 'crowd'"),
        ({"source": [{"kind": "babble", "share": 0.1, "voices": [0, 3]}]}, "voices is 0; it must be at least 1"),
    ],
)
def test_mistakes_are_named(fields: dict, why: str) -> None:
    with pytest.raises(TableError, match=why):
        mixing(**fields)


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (["speech", "noise", "snr", "reverb"], "'reverb' must come before 'snr'"),
        (
            ["noise_reverse", "speech", "noise", "snr"],
            "'noise_reverse' must come before|'noise_reverse' must come after",
        ),
        (["speech", "speed", "noise", "snr"], "'speed' must come before 'speech'"),
        (["tilt", "speech", "noise", "snr"], "'tilt' must come after 'speech'"),
        (["speech", "snr", "noise"], "must come"),
        (["speech", "noise"], "There must be one effect 'snr', and there are 0"),
        (["speech", "speech", "noise", "snr"], "There must be one effect 'speech', and there are 2"),
    ],
)
def test_orders_without_a_meaning_are_refused(order: list[str], why: str) -> None:
    with pytest.raises(TableError, match=why):
        Mixing.from_table({"effect": [{"kind": kind} for kind in order]})
