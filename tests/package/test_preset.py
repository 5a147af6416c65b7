import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechenh_plugin import preset
from speechenh_plugin.store import bundle_path

CID = "0123456789ABCDEF0123456789ABCDEF"
values = st.dictionaries(st.integers(0, 2**32 - 1), st.floats(allow_nan=False), max_size=8)
states = st.builds(preset.State, values, st.text(max_size=20) | st.binary(max_size=200))


@given(states)
def test_round_trip(state: preset.State) -> None:
    assert preset.unpack_state(preset.pack_state(state)) == state
    assert preset.unpack_preset(preset.pack_preset(state, CID)) == state


@given(states, st.data())
@settings(max_examples=200)
def test_a_cut_preset_is_refused(state: preset.State, data: st.DataObject) -> None:
    whole = preset.pack_preset(state, CID)
    with pytest.raises(ValueError, match="this is no"):
        preset.unpack_preset(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    for unpack in preset.unpack_state, preset.unpack_preset:
        with pytest.raises(ValueError, match="this is no"):
            unpack(noise)


def test_layout() -> None:
    chunk = preset.pack_state(preset.State({0: 1.5}, "a"))
    assert chunk.hex(" ", -4) == (
        "44445354 02000000 63b969e1 01000000 00000000 00000000 0000f83f 00000000 01000000 61"
    ), "states are stored in sessions: their layout must not change"
    whole = preset.pack_preset(preset.State({0: 1.5}, "a"), CID)
    assert whole[:8] == b"VST3\x01\0\0\0"
    assert whole[8:40].decode() == CID
    assert whole[48 : 48 + len(chunk)] == chunk


def test_class_id_never_changes() -> None:
    assert preset.class_id(bundle_path()) == "3FF8CB49CE5C52420A205263759F876F"
