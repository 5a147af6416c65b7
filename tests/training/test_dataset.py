"""Data sets read back: what was mixed, in the order that is promised."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from corpora_layouts import common_voice, urbansound8k
from mixtures import mixing

from training.create_dataset import create
from training.data import dataset
from training.data.corpora import CorpusSpec, open_all
from training.data.mixer import Mixer
from training.data.workers import Origin, mixtures

MIXING = mixing({"kind": "snr", "range_db": [-5.0, 20.0]}, {"kind": "peak"}, seconds=0.25, clean_only=0.2)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    root = tmp_path_factory.mktemp("corpora")
    common_voice(root / "xx"), urbansound8k(root / "us")
    specs = (
        CorpusSpec(role="speech", kind="common_voice", path=str(root / "xx")),
        CorpusSpec(role="noise", kind="urbansound8k", path=str(root / "us")),
    )
    return Origin(specs, MIXING)


@pytest.fixture(scope="module")
def data(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data")
    create(out, origin.corpora, MIXING, {"train": 10, "dev": 3, "test": 0}, seed=4)
    return out


def test_what_is_read_is_what_was_mixed(origin: Origin, data: Path) -> None:
    read = dataset.Dataset(data, "train")
    assert len(read) == 10
    mixer = origin.open()
    for number in range(10):
        mixture, pair = mixer.mix((4, 0, number)), read[number]
        for name in ("noisy", "clean"):
            assert np.abs(getattr(pair, name) - getattr(mixture, name)).max() <= 0.51 / 32767
        assert pair.snr_db == np.float32(mixture.snr_db)
        assert pair.bandwidth_hz == np.float32(mixture.bandwidth_hz)


def test_every_pass_has_another_order_and_any_may_be_gone_on_with(data: Path) -> None:
    read = dataset.Dataset(data, "train")

    def heard(pairs: Iterator, count: int) -> list[bytes]:
        return [pair.noisy.tobytes() for pair in islice(pairs, count)]

    twice = heard(read.passes(0), 20)
    assert sorted(twice[:10]) == sorted(twice[10:]) and twice[:10] != twice[10:]
    assert heard(read.passes(0, 13), 7) == twice[13:]
    assert heard(read.passes(1), 10) != twice[:10]
    assert heard(read.passes(None), 3) == [read[k].noisy.tobytes() for k in range(3)]


def test_incomplete_data_sets_are_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(dataset.DatasetError, match=r"dataset\.json is missing"):
        dataset.Dataset(tmp_path, "train")
    with pytest.raises(dataset.DatasetError, match="no mixture for the split test"):
        dataset.Dataset(data, "test")


def test_mixtures_do_not_depend_on_the_number_of_processes(origin: Origin) -> None:
    seeds = [(3, 0, number) for number in range(6)]
    one, two = ([made.mixture for made in mixtures(origin, seeds, workers)] for workers in (0, 2))
    assert all(np.array_equal(a.noisy, b.noisy) and a.effects == b.effects for a, b in zip(one, two, strict=True))


def test_workers_tell_skipped_clips_once(tmp_path: Path, origin: Origin) -> None:
    speech = common_voice(tmp_path / "xx")
    broken = speech / "clips" / "common_voice_xx_test_0.mp3"
    broken.write_bytes(b"")
    specs = (CorpusSpec(role="speech", kind="common_voice", path=str(speech)), origin.corpora[1])
    made = list(mixtures(Origin(specs, MIXING, "test"), ((seed,) for seed in range(30))))
    assert [list(one.skipped) for one in made if one.skipped] == [[str(broken)]]
    assert np.array_equal(Mixer(open_all(specs), MIXING, "test").mix((7,)).noisy, made[7].mixture.noisy)
