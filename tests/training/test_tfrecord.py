"""TFRecord files: what TensorFlow writes and reads, without it."""

from pathlib import Path

import numpy as np
import pytest

from training.data import records, tfrecord
from training.data.mixer import Mixture


def mixture() -> Mixture:
    random = np.random.default_rng(0)
    noisy, clean = (0.1 * random.standard_normal(500, np.float32) for _ in range(2))
    return Mixture(noisy, clean, 7600.0, -np.inf, ("cv/ä",), (), ("reverb", "clip"))


def test_tensorflow_reads_what_is_written(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    with (tmp_path / "a.tfrecord").open("wb") as file:
        for _ in range(2):
            tfrecord.write(file, records.encode(mixture(), 48000))
    messages = list(tf.data.TFRecordDataset(str(tmp_path / "a.tfrecord")).as_numpy_iterator())
    assert messages == list(tfrecord.read(tmp_path / "a.tfrecord")) and len(messages) == 2
    feature = tf.train.Example.FromString(messages[0]).features.feature
    assert set(feature) == {*records.FEATURES, "speech", "noise", "effects"}
    assert feature["sample_rate"].int64_list.value == [48000]
    assert feature["bandwidth_hz"].float_list.value == [7600.0]
    assert feature["snr_db"].float_list.value == [-np.inf]
    assert [name.decode() for name in feature["effects"].bytes_list.value] == ["reverb", "clip"]
    assert np.frombuffer(feature["noisy"].bytes_list.value[0], "<i2").shape == (500,)


def test_what_tensorflow_writes_is_read(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    features = {
        "bytes": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"", b"x" * 300])),
        "floats": tf.train.Feature(float_list=tf.train.FloatList(value=[1.5, -2.0])),
        "numbers": tf.train.Feature(int64_list=tf.train.Int64List(value=[-3, 0, 1 << 40])),
    }
    message = tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
    with tf.io.TFRecordWriter(str(tmp_path / "a")) as writer:
        writer.write(message)
    [(start, length)] = tfrecord.offsets(tmp_path / "a")
    assert (tmp_path / "a").read_bytes()[start : start + length] == message
    found = tfrecord.decode(message)
    assert found["bytes"] == [b"", b"x" * 300]
    np.testing.assert_array_equal(found["floats"], [1.5, -2.0])
    np.testing.assert_array_equal(found["numbers"], [-3, 0, 1 << 40])


def test_a_mixture_comes_back_within_rounding() -> None:
    made = mixture()
    pair = records.decode(records.encode(made, 48000))
    assert np.abs(pair.noisy - made.noisy).max() <= 0.51 / 32767
    assert (pair.bandwidth_hz, pair.snr_db) == (7600.0, -np.inf)


def test_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        tfrecord.write(file, b"hello")
    whole = path.read_bytes()
    for damaged in (whole[:-2], whole[:3], whole[:13] + b"X" + whole[14:], b"X" + whole[1:]):
        path.write_bytes(damaged)
        with pytest.raises(tfrecord.RecordError, match="damaged"):
            list(tfrecord.read(path))
    for damaged in (whole[:-2], whole[:3], b"X" + whole[1:]):
        path.write_bytes(damaged)
        with pytest.raises(tfrecord.RecordError, match="damaged"):
            tfrecord.offsets(path)
    with pytest.raises(tfrecord.RecordError, match=r"no tf\.train\.Example"):
        tfrecord.decode(b"\x0a\xff\x01abc")
    with pytest.raises(tfrecord.RecordError, match="no mixture: it has no noisy, clean"):
        records.decode(tfrecord.encode({"speech": [b"a"]}))
