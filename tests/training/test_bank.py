"""A bank: what is heard follows from the seed, each item as often as asked for, in other ways each time."""

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from corpora_layouts import common_voice, urbansound8k
from mixtures import mixing

from training.data import bank
from training.data.bank import Bank, BankError, Plan, Schedule
from training.data.corpora import CorpusSpec
from training.data.effects import EFFECTS
from training.data.workers import Origin


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    root = tmp_path_factory.mktemp("corpora")
    common_voice(root / "cv"), urbansound8k(root / "us")
    specs = (
        CorpusSpec(role="speech", kind="common_voice", path=str(root / "cv")),
        CorpusSpec(role="noise", kind="urbansound8k", path=str(root / "us")),
    )
    return Origin(specs, mixing(seconds=0.25, clean_only=0.1))


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank, "SHARD", 4)


EFFECTS_OF_HEARING = (EFFECTS["snr"](range_db=(0.0, 20.0)), EFFECTS["gain"](), EFFECTS["colour"](probability=0.5))


def heard(folder: Path, origin: Origin, count: int, start: int = 0, workers: int = 0) -> list[np.ndarray]:
    store = Bank(folder, Plan(origin, 5, Schedule(8, 2, 5)), workers)
    pairs = store.heard(EFFECTS_OF_HEARING, 1500, 7, start)
    made = [np.stack([pair.noisy, pair.clean]) for pair in islice(pairs, count)]
    pairs.close()
    return made


def test_each_item_is_heard_as_often_as_asked_for() -> None:
    schedule = Schedule(12, 3, 0)
    draws = list(islice(schedule.draws(), 4 + 8 + 12 * 5))
    counts = Counter(draws)
    last = schedule.window(6)[1]
    assert all(counts[item] == 3 for item in range(last - 12 + 4))
    assert max(counts.values()) == 3
    assert draws[:4] == [0, 1, 2, 3] and draws[24:36] != sorted(draws[24:36])


@pytest.mark.parametrize("start", [0, 3, 4, 11, 12, 30, 61])
def test_the_schedule_goes_on_anywhere(start: int) -> None:
    schedule = Schedule(12, 3, 0)
    whole = list(islice(schedule.draws(), 100))
    assert list(islice(schedule.draws(start), 100 - start)) == whole[start:]
    assert schedule.first_item(start) <= min(whole[start:])
    assert max(whole[start : start + 4]) < schedule.last_item(start)


def test_what_is_heard_does_not_depend_on_kills_or_processes(origin: Origin, tmp_path: Path) -> None:
    whole = heard(tmp_path / "one", origin, 30)
    parts = heard(tmp_path / "two", origin, 13) + heard(tmp_path / "two", origin, 17, start=13)
    assert all(np.array_equal(a, b) for a, b in zip(whole, parts, strict=True))


def test_a_process_fills_it_in_the_background(origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank, "SHARD", 32)  # as the process has it
    whole = heard(tmp_path / "one", origin, 10)
    other = heard(tmp_path / "two", origin, 10, workers=1)
    assert all(np.array_equal(a, b) for a, b in zip(whole, other, strict=True))


def test_a_bank_of_fewer_items_than_a_file_is_filled_ahead(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank, "SHARD", 32)  # as the process has it
    assert len(heard(tmp_path, origin, 80, workers=1)) == 80


def test_an_item_is_heard_otherwise_each_time(origin: Origin, tmp_path: Path) -> None:
    schedule = Schedule(8, 2, 5)
    draws = list(islice(schedule.draws(), 12))
    made = heard(tmp_path, origin, 12)
    for item in set(draws):
        times = [made[at] for at, drawn in enumerate(draws) if drawn == item]
        for other in times[1:]:
            assert not np.allclose(times[0], other, atol=1e-6)
    assert all(pair.shape == (2, 1500) and np.isfinite(pair).all() for pair in made)


def test_items_that_are_done_with_leave_the_disk(origin: Origin, tmp_path: Path) -> None:
    heard(tmp_path, origin, 41)
    left = [path for path in tmp_path.rglob("*.npy")]
    assert 2 <= len(left) <= 4


def test_stems_come_back_within_rounding(origin: Origin) -> None:
    state = origin.open().state((5, 0, 0))
    packed, known = bank.pack(state)
    back = packed * np.array(known["scales"])[:, None]
    assert np.abs(back - state.stems).max() <= 0.51 * max(known["scales"])
    assert known["snr_db"] == state.snr_db and known["bandwidth_hz"] == state.bandwidth_hz


def test_a_part_fits_into_so_many_bytes(origin: Origin, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heard(tmp_path / "bank", origin, 8)
    [folder] = (tmp_path / "bank").iterdir()
    size = (folder / "000000.npy").stat().st_size
    assert bank.main([str(folder), str(tmp_path / "part"), "--bytes", str(size + 5000)]) == 0
    assert sum(path.stat().st_size for path in (tmp_path / "part").glob("0*")) <= size + 5000
    assert bank.main([str(folder), str(tmp_path / "none"), "--bytes", "10"]) == 1
    assert "do not hold one file" in capsys.readouterr().err
    with pytest.raises(BankError, match="is no bank"):
        bank.export(tmp_path, tmp_path / "none", 10**9)


def test_another_plan_is_another_bank(origin: Origin) -> None:
    one, two = Plan(origin, 5, Schedule(8, 2, 5)), Plan(origin, 6, Schedule(8, 2, 5))
    assert one.name == Plan(origin, 5, Schedule(8, 2, 5)).name != two.name
    elsewhere = replace(origin, corpora=tuple(replace(spec, path="/elsewhere") for spec in origin.corpora))
    assert one.name == Plan(elsewhere, 5, Schedule(8, 2, 5)).name


def test_a_filling_process_that_fails_is_told(origin: Origin, tmp_path: Path) -> None:
    gone = Origin((CorpusSpec(role="speech", path=str(tmp_path / "none")), *origin.corpora[1:]), origin.mixing)
    store = Bank(tmp_path / "bank", Plan(gone, 5, Schedule(8, 2, 5)), 1)
    with pytest.raises(BankError, match="has ended with status 1"):
        next(store.heard((), 1500, 7))
