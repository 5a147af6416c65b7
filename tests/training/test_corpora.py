"""The corpora: layouts, splits, licences, specifications."""

import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from corpora_layouts import common_voice, folder, urbansound8k

from training.audio import read
from training.data import tfrecord
from training.data.corpora import SPLITS, CommonVoice, Corpus, CorpusError, CorpusSpec, Folder, UrbanSound8K, parse
from training.data.corpora.reference_records import ReferenceRecords, is_reference, reference_files
from training.data.corpora.survey import survey
from training.data.corpora.urbansound8k import CLASSES
from training.data.prepare import prepared


def speakers(corpus: Corpus, split: str) -> set[str]:
    return {clip.speaker for clip in corpus.clips(split)}


def names(corpus: Corpus, split: str) -> list[str]:
    return [clip.name for clip in corpus.clips(split)]


def test_common_voice(tmp_path: Path) -> None:
    corpus = CommonVoice(common_voice(tmp_path / "xx"))
    assert corpus.licence == "CC0-1.0"
    assert [len(corpus.clips(split)) for split in SPLITS] == [6, 6, 6]
    clip = corpus.clips("dev")[-1]
    assert clip.path == tmp_path / "xx" / "clips" / "common_voice_xx_dev_5.mp3"
    assert (clip.name, clip.speaker, clip.kind) == ("common_voice_xx_dev_5", "dev-speaker-2", "speech")
    assert clip.path.is_file()


def test_common_voice_shares_no_speaker_between_splits(tmp_path: Path) -> None:
    root = common_voice(tmp_path / "xx")
    for table in ("train.tsv", "dev.tsv"):
        with (root / table).open("a") as file:
            file.write("test-speaker-0\tstolen.mp3\tA.\t2\ndev-speaker-1\tlent.mp3\tA.\t2\nshort row\n")
    corpus = CommonVoice(root)
    assert "stolen" not in names(corpus, "train") + names(corpus, "dev")
    assert "lent" not in names(corpus, "train")
    assert "lent" in names(corpus, "dev")
    assert not speakers(corpus, "train") & speakers(corpus, "dev")
    assert not speakers(corpus, "train") & speakers(corpus, "test")
    assert len(corpus.clips("train")) == 6


def test_common_voice_says_what_is_missing(tmp_path: Path) -> None:
    root = common_voice(tmp_path / "xx")
    text = (root / "dev.tsv").read_text()
    (root / "dev.tsv").write_text(text.replace("client_id", "speaker_id"))
    with pytest.raises(CorpusError, match=r"dev\.tsv has no column client_id"):
        CommonVoice(root)
    (root / "dev.tsv").unlink()
    with pytest.raises(CorpusError, match=r"no table .*dev\.tsv"):
        CommonVoice(root)
    with pytest.raises(CorpusError, match="no folder clips"):
        CommonVoice(tmp_path)
    with pytest.raises(CorpusError, match="no folder"):
        CommonVoice(tmp_path / "nowhere")


MEASURE = """
import resource, sys
from pathlib import Path
from training.data.corpora import CommonVoice
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
clips = CommonVoice(Path(sys.argv[1])).clips("train")
assert len(clips) == 1_000_000, len(clips)
assert len({clips[i].speaker for i in range(0, len(clips), 1000)}) == 1000
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_million_clips_need_a_few_bytes_each(tmp_path: Path) -> None:
    root = common_voice(tmp_path / "xx")
    with (root / "train.tsv").open("w") as file:
        file.write("client_id\tpath\tsentence\n")
        file.writelines(f"{n // 10:0128x}\tcommon_voice_xx_{n}.mp3\tSome words.\n" for n in range(1_000_000))
    code = [sys.executable, "-c", MEASURE, str(root)]
    run = subprocess.run(code, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    kilobytes = int(run.stdout) / (1024 if sys.platform == "darwin" else 1)
    assert kilobytes < 24_000  # 8 bytes a clip, twice while the array grows, and some for the draws


@pytest.mark.parametrize("table", [True, False])
def test_urbansound8k(tmp_path: Path, table: bool) -> None:
    corpus = UrbanSound8K(urbansound8k(tmp_path / "us", table=table))
    assert corpus.licence == "CC BY-NC 3.0"
    assert [len(corpus.clips(split)) for split in SPLITS] == [10, 10, 10]
    assert all("fold10" in clip.path.parts for clip in corpus.clips("test"))
    assert [clip.kind for clip in corpus.clips("train")] == list(CLASSES)
    assert corpus.clips("train")[8].name == "fold1/1008-8-0-0"
    assert corpus.clips("train")[8].speaker == "1008"
    assert corpus.clips("train")[8].path.is_file()


def test_urbansound8k_options(tmp_path: Path) -> None:
    root = urbansound8k(tmp_path / "us", folds=(1, 2, 10))
    siren = parse(f"urbansound8k:{root}?classes=siren,drilling&dev_fold=2").open()
    assert [clip.kind for clip in siren.clips("dev")] == ["drilling", "siren"]
    assert all("fold1/" in name for name in names(siren, "train"))
    with pytest.raises(CorpusError, match="no class 'cow'"):
        UrbanSound8K(root, classes=["cow"])
    with pytest.raises(CorpusError, match="no folder audio/fold1"):
        UrbanSound8K(tmp_path)
    (root / "metadata").mkdir()
    (root / "metadata" / "UrbanSound8K.csv").write_text("slice_file_name,fsID,class\n")
    with pytest.raises(CorpusError, match="no column fold"):
        UrbanSound8K(root)


def test_folder_splits_by_speaker(tmp_path: Path) -> None:
    files = [f"{speaker}-{n}.wav" for speaker in range(40) for n in range(2)]
    corpus = Folder(folder(tmp_path / "speech", *files, seconds=0.01))
    found = {split: speakers(corpus, split) for split in SPLITS}
    assert sum(len(part) for part in found.values()) == 40
    assert len(found["train"]) > 20 and found["dev"] and found["test"]
    assert sum(len(corpus.clips(split)) for split in SPLITS) == 80


def test_folder_splits_by_folder(tmp_path: Path) -> None:
    root = folder(tmp_path / "speech", "train/ann/1.wav", "train/ann/2.WAV", "dev/bob-1.wav", "other/eve-1.wav")
    (root / "train" / ".hidden.wav").touch()
    (root / "train" / "notes.txt").touch()
    corpus = Folder(root, licence="MIT")
    assert names(corpus, "train") == ["train/ann/1", "train/ann/2"]
    assert speakers(corpus, "train") == {"train/ann"}
    assert speakers(corpus, "dev") == {"bob"}
    assert len(corpus.clips("test")) == 0
    assert (corpus.licence, corpus.clips("train")[0].kind) == ("MIT", "ann")


def test_folder_given_to_one_split(tmp_path: Path) -> None:
    root = folder(tmp_path / "speech", "train/a-1.wav", "b-1.wav")
    assert len(Folder(root, split="test").clips("test")) == 2
    with pytest.raises(CorpusError, match="no split 'validation'"):
        Folder(root, split="validation")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="holds no audio file"):
        Folder(tmp_path / "empty")


def test_folder_speakers_by_a_pattern(tmp_path: Path) -> None:
    root = folder(tmp_path / "speech", "en_0.wav", "fr_0.wav", "en_1.wav", "7-1.wav", seconds=0.01)
    corpus = parse(f"folder:{root}?speaker=^([a-z]+)_&split=train").open()
    assert [clip.speaker for clip in corpus.clips("train")] == ["7", "en", "en", "fr"]
    assert speakers(Folder(root, speaker="^", split="dev"), "dev") == {""}
    hashed = Folder(root, speaker="^[a-z]+")
    assert sorted(len(hashed.clips(split)) for split in SPLITS)[0] in (0, 1)
    assert all(len({c.name[:2] for c in hashed.clips(split) if c.speaker == "en"}) <= 1 for split in SPLITS)
    with pytest.raises(CorpusError, match="'\\(' is no regular expression for speakers"):
        Folder(root, speaker="(")


def test_specifications(tmp_path: Path) -> None:
    root = folder(tmp_path / "a@b c", "x-1.wav")
    corpus = parse(f"folder:{root}?licence=CC BY 4.0&split=train@0.25").open()
    assert (corpus.name, corpus.weight, corpus.licence) == ("folder:a@b c", 0.25, "CC BY 4.0")
    assert parse(f"folder:{root}").weight == 1
    corpus = parse(f"folder:{root}?licence=CC0@.7").open()
    assert (corpus.weight, corpus.licence) == (0.7, "CC0")
    assert parse(f"common_voice:{common_voice(tmp_path / 'xx')}@2").weight == 2
    for wrong, why in {
        str(root): "names no corpus",
        f"wav:{root}": "KIND being common_voice, urbansound8k, folder",
        f"folder:{root}?speed=2": "no option 'speed'; it has licence, speaker, split",
        f"folder:{root}@0": "greater than 0",
        f"folder:{root}?licence=CC0@half": "no folder",
        f"folder:{root / 'nowhere'}": "no folder",
    }.items():
        with pytest.raises(CorpusError, match=why):
            parse(wrong).open()


def reference_records(path: Path, windows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    noisy, clean = rng.random((windows, 129, 8, 1), np.float32), rng.random((windows, 129, 1, 1), np.float32)
    with path.open("wb") as file:
        for window, frame in zip(noisy, clean, strict=True):
            features = {
                "noise_stft_phase": [np.zeros(129, np.float32).tobytes()],
                "noise_stft_mag_features": [window.tobytes()],
                "clean_stft_magnitude": [frame.tobytes()],
            }
            tfrecord.write(file, tfrecord.encode(features))
    return noisy, clean


def test_reference_records(tmp_path: Path) -> None:
    noisy, clean = reference_records(tmp_path / "train_0.tfrecords", 3)
    reference_records(tmp_path / "val_0.tfrecords", 2)
    assert is_reference(tmp_path)
    assert [path.name for path in reference_files(tmp_path, "dev")] == ["val_0.tfrecords"]
    records = ReferenceRecords(reference_files(tmp_path, "train"))
    assert len(records) == 3
    for number in range(3):
        x, y = records[number]
        assert np.array_equal(x, noisy[number].transpose(1, 0, 2)) and np.array_equal(
            y, clean[number].reshape(1, 129, 1)
        )
    whole = [y for _, y in islice(records.batches(2, seed=0), 6)]
    assert all(
        np.array_equal(a, b) for a, (_, b) in zip(whole[4:], islice(records.batches(2, 0, start=4), 2), strict=True)
    )
    assert len({y.tobytes() for batch in whole[:3] for y in batch}) == 3
    with pytest.raises(FileNotFoundError, match="no TFRecord file"):
        ReferenceRecords([tmp_path / "none.tfrecords"])


def test_a_survey_tells_corpora_apart(tmp_path: Path) -> None:
    one, two = folder(tmp_path / "a", "x-1.wav", "y-1.wav"), folder(tmp_path / "b", "x-1.wav", "y-1.wav")
    assert survey(one) == survey(two)
    assert survey(one).files == 2 and survey(one).hours == pytest.approx(4 / 3600, abs=1e-4)
    (two / "y-1.wav").rename(two / "z-1.wav")
    assert survey(one).sha256 != survey(two).sha256


def test_a_corpus_is_prepared_once(tmp_path: Path) -> None:
    root = folder(tmp_path / "a", "x-1.wav", "sub/y-1.wav")
    (root / "broken.wav").write_bytes(b"no audio")
    spec = CorpusSpec(role="speech", path=str(root), name="mine", prepare=("decoded",))
    made = prepared(spec, tmp_path / "prepared")
    assert sorted(path.name for path in Path(made.path).rglob("*.flac")) == ["x-1.flac", "y-1.flac"]
    assert made.prepare == () and made.name == "mine"
    np.testing.assert_allclose(read(Path(made.path) / "x-1.flac")[0], read(root / "x-1.wav")[0], atol=1e-4)
    times = [path.stat().st_mtime_ns for path in Path(made.path).rglob("*")]
    assert prepared(spec, tmp_path / "prepared") == made
    assert times == [path.stat().st_mtime_ns for path in Path(made.path).rglob("*")]
    floor = prepared(replace(spec, prepare=("floor removed",)), tmp_path / "prepared")
    assert floor.path != made.path and len(list(Path(floor.path).rglob("*.flac"))) == 2
    assert prepared(replace(spec, prepare=()), tmp_path / "prepared").path == str(root)
