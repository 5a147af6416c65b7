"""Rooms: simulated alike for a seed, recorded ones by room."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpora_layouts import RATE

from training.data.corpora import CorpusError, Folder
from training.data.rooms import RecordedRooms, RoomBank, simulate


def test_simulated_rooms_follow_from_the_seed() -> None:
    one, two = (RoomBank(8000, 3, seed=1) for _ in range(2))
    first = [one.draw(np.random.default_rng(k)).speech for k in range(4)]
    again = [two.draw(np.random.default_rng(k)).speech for k in reversed(range(4))][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_room_begins_with_the_direct_sound_and_has_unit_energy() -> None:
    room = simulate(np.random.default_rng(3), 16000)
    for response in (room.speech, room.noise):
        assert np.sum(response**2) == pytest.approx(1, rel=1e-3)
        assert np.argmax(np.abs(response)) < 0.05 * 16000
    assert len(room.early) == len(room.speech) and not room.early[int(0.08 * 16000) :].any()
    assert np.array_equal(room.early[: int(0.05 * 16000)], room.speech[: int(0.05 * 16000)])


def test_recorded_rooms_of_a_split(tmp_path: Path) -> None:
    for name, lag in (("hall-1", 1000), ("hall-2", 2000), ("cave-1", 500)):
        response = np.zeros(3000)
        response[[0, lag]] = 1, 0.5
        soundfile.write(tmp_path / f"{name}.wav", response, RATE)
    rooms = RecordedRooms([Folder(tmp_path, split="train")], "train", RATE)
    lags = set()
    for seed in range(30):
        room = rooms.draw(np.random.default_rng(seed))
        of_both = tuple(int(np.flatnonzero(np.abs(r) > 0.3)[1]) for r in (room.speech, room.noise))
        assert (500 in of_both) <= (set(of_both) == {500})
        lags.add(of_both)
    assert (500, 500) in lags and (1000, 2000) in lags
    elsewhere = Folder(tmp_path, split="dev")
    with pytest.raises(CorpusError, match="no room for the split train"):
        RecordedRooms([elsewhere], "train", RATE)
    assert RecordedRooms([elsewhere, Folder(tmp_path, split="train")], "train", RATE).draw(np.random.default_rng(0))
