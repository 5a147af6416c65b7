"""Training pairs as tf.data: the shapes that are documented, the order that is promised."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from corpora_layouts import common_voice, urbansound8k

from training.create_dataset import create
from training.data import dataset, records
from training.data.corpora import parse
from training.data.mixing import REFERENCE, Mixer
from training.data.workers import Recipe, mixtures

SETTINGS = replace(REFERENCE, seconds=0.25, snr_db=(-5.0, 20.0), clean_only=0.2)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    root = tmp_path_factory.mktemp("corpora")
    return Recipe(
        (f"common_voice:{common_voice(root / 'xx')}",), (f"urbansound8k:{urbansound8k(root / 'us')}",), SETTINGS
    )


@pytest.fixture(scope="module")
def data(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data")
    create(out, list(recipe.speech), list(recipe.noise), SETTINGS, {"train": 10, "dev": 3, "test": 0}, seed=4)
    return out


def test_what_is_read_is_what_was_mixed(recipe: Recipe, data: Path) -> None:
    batches = list(dataset.read(data, "train", 4).as_numpy_iterator())
    assert [len(batch["noisy"]) for batch in batches] == [4, 4, 2]
    assert batches[0]["clean"].shape == (4, 2000) and batches[0]["clean"].dtype == np.float32
    mixer = recipe.open()
    for number in range(10):
        mixture = mixer.mix((4, 0, number))
        batch = batches[number // 4]
        for name in ("noisy", "clean"):
            assert np.abs(batch[name][number % 4] - getattr(mixture, name)).max() <= 0.51 / 32767
        assert batch["snr_db"][number % 4] == np.float32(mixture.snr_db)
        assert batch["bandwidth_hz"][number % 4] == np.float32(mixture.bandwidth_hz)


def test_shuffled_and_repeated(data: Path) -> None:
    def order(seed: int) -> list[bytes]:
        return [
            clip.tobytes() for batch in dataset.read(data, "train", 3, shuffle=seed) for clip in batch["noisy"].numpy()
        ]

    assert order(0) == order(0) != order(1)
    assert sorted(order(0)) == sorted(order(1))
    endless = dataset.read(data, "train", 4, shuffle=0, repeat=True)
    assert [len(batch["noisy"]) for batch in endless.take(9)] == [4] * 9


def test_incomplete_data_sets_are_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(dataset.DatasetError, match=r"dataset\.json is missing"):
        dataset.read(tmp_path, "train", 4)
    with pytest.raises(dataset.DatasetError, match="no mixture for the split test"):
        dataset.read(data, "test", 4)


def test_records_hold_what_the_format_says(data: Path) -> None:
    [serialised] = tf.data.TFRecordDataset(str(data / "dev-00000-of-00001.tfrecord")).take(1)
    feature = tf.train.Example.FromString(serialised.numpy()).features.feature
    assert set(feature) == {*records.FEATURES, "speech", "noise", "effects"}
    assert len(np.frombuffer(feature["noisy"].bytes_list.value[0], "<i2")) == 2000
    assert feature["sample_rate"].int64_list.value == [8000]
    assert feature["speech"].bytes_list.value[0].startswith(b"common_voice:xx/common_voice_xx_dev_")


def test_live_mixtures_go_on_where_they_stopped(recipe: Recipe) -> None:
    def heard(start: int, count: int, workers: int = 1) -> np.ndarray:
        batches = dataset.live(recipe, 2, seed=3, start=start, workers=workers).take(count).as_numpy_iterator()
        return np.concatenate([batch["noisy"] for batch in batches])

    whole = heard(0, 4)
    assert whole.shape == (8, 2000)
    assert np.array_equal(heard(4, 2), whole[4:])
    assert np.array_equal(heard(0, 4, workers=2), whole)


def test_splits_share_no_draws(recipe: Recipe) -> None:
    def ratios(split: str) -> list[float]:
        batches = dataset.live(replace(recipe, split=split), 8, seed=3).take(1).as_numpy_iterator()
        return next(batches)["snr_db"].tolist()

    finite = {split: {ratio for ratio in ratios(split) if np.isfinite(ratio)} for split in ("train", "dev")}
    assert finite["train"] and finite["dev"]
    assert not finite["train"] & finite["dev"]


def test_workers_tell_skipped_clips_once(recipe: Recipe) -> None:
    speech = Path(recipe.speech[0].partition(":")[2])
    broken = speech / "clips" / "common_voice_xx_test_0.mp3"
    broken.write_bytes(b"")
    made = list(mixtures(replace(recipe, split="test"), ((seed,) for seed in range(30))))
    assert [list(one.skipped) for one in made if one.skipped] == [[str(broken)]]
    mixer = Mixer([parse(recipe.speech[0])], [parse(recipe.noise[0])], SETTINGS, "test")
    assert np.array_equal(mixer.mix((7,)).noisy, made[7].mixture.noisy)
