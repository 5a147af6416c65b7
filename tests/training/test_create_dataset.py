"""Data sets: the same bytes always, nothing half-written, memory that does not grow."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpora_layouts import RATE, common_voice, urbansound8k, voice
from mixtures import mixing
from recipes_text import tiny

from training import create_dataset
from training import recipe as recipes
from training.create_dataset import CannotWriteError, create, main
from training.data import records, tfrecord
from training.data.corpora import parse

ROOT = Path(__file__).parents[2]
QUIET = {**os.environ, "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
MIXING = mixing(
    {"kind": "reverb", "probability": 0.3},
    {"kind": "low_pass", "probability": 0.3, "rates": [4000]},
    {"kind": "peak"},
    seconds=0.5,
    rooms=2,
    source=[{"kind": "synthetic", "share": 0.2}],
)
Corpora = tuple[list[str], list[str]]


def make(out: Path, corpora: Corpora, counts: dict[str, int], made=MIXING, **more: int) -> dict:
    """Make a data set from corpora as the command line names them."""
    specs = [parse(spec, role) for role, of_role in zip(("speech", "noise"), corpora, strict=True) for spec in of_role]
    return create(out, specs, made, counts, **more)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[str]]:
    root = tmp_path_factory.mktemp("corpora")
    speech = common_voice(root / "xx")
    for name in ("common_voice_xx_train_1", "common_voice_xx_train_2"):
        (speech / "clips" / f"{name}.mp3").write_bytes(b"\xff\xfb\x90\x00 not an mp3" * 50)
    return [f"common_voice:{speech}"], [f"urbansound8k:{urbansound8k(root / 'us')}"]


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create_dataset, "FILE_BYTES", 10 * 4 * MIXING.samples)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_same_seed_same_bytes_with_one_and_two_workers(corpora, tmp_path: Path, small_files: None) -> None:
    counts = {"train": 24, "dev": 0, "test": 3}
    description = make(tmp_path / "one", corpora, counts, workers=1)
    make(tmp_path / "two", corpora, counts, workers=2)
    make(tmp_path / "other", corpora, counts, seed=1)
    one = contents(tmp_path / "one")
    assert one == contents(tmp_path / "two")
    assert sorted(one) == [
        "dataset.json",
        "test-00000-of-00001.tfrecord",
        "train-00000-of-00003.tfrecord",
        "train-00001-of-00003.tfrecord",
        "train-00002-of-00003.tfrecord",
    ]
    other = contents(tmp_path / "other")
    assert all(one[name] != other[name] for name in one)
    assert json.loads(one["dataset.json"]) == description


def test_description_names_everything(corpora, tmp_path: Path) -> None:
    description = make(tmp_path / "data", corpora, {"train": 30, "dev": 2, "test": 0}, seed=7)
    assert description["seed"] == 7
    assert description["mixing"]["effect"][-2]["rates"] == [4000]
    [speech], [noise] = description["speech"], description["noise"]
    assert (speech["licence"], noise["licence"]) == ("CC0-1.0", "CC BY-NC 3.0")
    assert speech["clips"] == {"train": 6, "dev": 6, "test": 6}
    assert description["splits"] == {"train": {"mixtures": 30, "files": 1}, "dev": {"mixtures": 2, "files": 1}}
    assert {Path(path).stem for path in description["skipped"]} == {
        "common_voice_xx_train_1",
        "common_voice_xx_train_2",
    }
    assert description["made_with"]["numpy"] == np.__version__


def test_interrupted_runs_go_on(corpora, tmp_path: Path, small_files: None, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"train": 24, "dev": 0, "test": 0}
    make(tmp_path / "whole", corpora, counts)
    made = create_dataset.mixtures

    def dies(*arguments, **keywords):
        for number, one in enumerate(made(*arguments, **keywords)):
            if number == 13:
                raise KeyboardInterrupt
            yield one

    monkeypatch.setattr(create_dataset, "mixtures", dies)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "broken", corpora, counts)
    assert [path.name for path in (tmp_path / "broken").glob("*.tfrecord")] == ["train-00000-of-00003.tfrecord"]
    assert not (tmp_path / "broken" / "dataset.json").exists()
    with pytest.raises(CannotWriteError, match="made with other seed"):
        make(tmp_path / "broken", corpora, counts, seed=1)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "broken", corpora, counts)
    monkeypatch.setattr(create_dataset, "mixtures", made)
    first = (tmp_path / "broken" / "train-00000-of-00003.tfrecord").stat().st_mtime_ns
    make(tmp_path / "broken", corpora, counts)
    assert (tmp_path / "broken" / "train-00000-of-00003.tfrecord").stat().st_mtime_ns == first
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")
    monkeypatch.setattr(create_dataset, "mixtures", None)  # a complete data set is not made again
    make(tmp_path / "broken", corpora, counts)


def command(corpora: tuple[list[str], list[str]], out: Path, *more: str) -> list[str]:
    speech, noise = corpora
    flags = ["--speech", *speech, "--noise", *noise, "--out", str(out), "--seconds", "0.5", "--dev", "0", "--test", "0"]
    return [sys.executable, "-m", "training.create_dataset", *flags, *more]


SMALL_FILES = """
import sys
from training import create_dataset
create_dataset.FILE_BYTES = 200_000
if __name__ == "__main__":
    sys.exit(create_dataset.main(sys.argv[1:]))
"""


def test_kill_and_go_on(corpora, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = command(corpora, tmp_path / "broken", "--train", "240", "--workers", "2")[3:]
    start = [sys.executable, "-c", SMALL_FILES, *flags]
    run = subprocess.Popen(start, cwd=ROOT, env=QUIET, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list((tmp_path / "broken").glob("*.tfrecord"))) < 2:
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    workers = children.read_text().split() if children.is_file() else []
    run.send_signal(signal.SIGKILL)
    run.wait()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").is_dir() for pid in workers):
        assert time.monotonic() < deadline, "worker processes outlive their killed parent"
        time.sleep(0.05)
    assert not (tmp_path / "broken" / "dataset.json").exists()
    subprocess.run([*start, "--workers", "1"], cwd=ROOT, env=QUIET, check=True, capture_output=True)
    monkeypatch.setattr(create_dataset, "FILE_BYTES", 200_000)
    reference = recipes.read(ROOT / "training" / "recipes" / "cr_ced_reference.toml").mixing
    make(tmp_path / "whole", corpora, {"train": 240, "dev": 0, "test": 0}, replace(reference, seconds=0.5))
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")
    assert len(contents(tmp_path / "whole")) == 21


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to mount a small tmpfs")
def test_full_disk(corpora, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        arguments = command(corpora, disk / "data", "--train", "60", "--workers", "1")[3:]
        assert main(arguments) == 1
        assert capfd.readouterr().err.splitlines()[-1].startswith("create_dataset: There is no space left for")
        assert not list((disk / "data").rglob("*.tfrecord"))
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        assert main(arguments) == 0
        assert sorted(path.name for path in (disk / "data").iterdir()) == [
            "dataset.json",
            "train-00000-of-00001.tfrecord",
        ]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_mistakes_are_told_in_one_sentence(corpora, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    broken = common_voice(tmp_path / "xx", clips=1, speakers=1)
    (broken / "train.tsv").write_text("path\tsentence\n")
    good = command(corpora, tmp_path / "data", "--train", "4", "--workers", "1")[3:]
    for more, why in {
        ("--out", str(tmp_path / "file" / "data")): "cannot be written: Not a directory",
        ("--speech", f"common_voice:{broken}"): "no column client_id",
        ("--noise", "folder:/nowhere"): "no folder /nowhere",
        ("--set", "snr.probability=7"): "it must be 0 to 1",
        ("--set", "snr.probability"): "write NAME=VALUE",
        ("--set", "reverb.probability=1"): "no effect 'reverb' to change",
        ("--set", "tempo=1"): "there is no 'tempo'",
        ("--train", "0"): "No split has both speech and noise",
    }.items():
        assert main([*good, *more]) == 1
        error = capsys.readouterr().err
        assert why in error and error.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_split_without_noise_is_left_out(corpora, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise = urbansound8k(tmp_path / "us", folds=(1, 10))
    arguments = command((corpora[0], [f"urbansound8k:{noise}"]), tmp_path / "data", "--workers", "1")[3:]
    assert main([*arguments, "--train", "2", "--dev", "2", "--test", "2"]) == 0
    assert "dev: left out" in capsys.readouterr().out
    assert not list((tmp_path / "data").glob("dev-*"))


MEASURE = """
import resource, sys
from training.create_dataset import main
out, speech, *rest = sys.argv[1:]
for size in ("100", "1000000"):
    assert main(["--out", out + size, "--speech", speech + size, *rest]) == 0
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_a_million_clips_need_no_more_memory_than_a_hundred(corpora, tmp_path: Path) -> None:
    for size in (100, 1_000_000):
        root = common_voice(tmp_path / f"xx{size}", clips=1, speakers=1)
        for n in range(40):
            shutil.copy(root / "clips" / "common_voice_xx_dev_0.mp3", root / "clips" / f"{n}.mp3")
        with (root / "train.tsv").open("w") as file:
            file.write("client_id\tpath\n")
            file.writelines(f"{n // 10:032x}\t{n % 40}.mp3\n" for n in range(size))
    places = [str(tmp_path / "data"), f"common_voice:{tmp_path / 'xx'}", "--noise", *corpora[1]]
    flags = ["--train", "60", "--dev", "0", "--test", "0", "--seconds", "0.5", "--workers", "1"]
    run = [sys.executable, "-c", MEASURE, *places, *flags, "--set", "cache_bytes=100000"]
    done = subprocess.run(run, cwd=ROOT, env=QUIET, capture_output=True, text=True, check=True)
    small, large = (int(line) for line in done.stdout.splitlines() if line.isdigit())
    assert large - small < 40_000  # kilobytes: 8 bytes a clip, and what two indexes pass through


def test_speech_of_any_rate_becomes_the_rate_asked_for(tmp_path: Path, corpora) -> None:
    speech = tmp_path / "speech"
    speech.mkdir()
    soundfile.write(speech / "a.wav", np.stack([voice(0, 2, 96000)] * 2, 1), 96000)
    soundfile.write(speech / "b.flac", voice(1, 2, RATE), RATE)
    source = [f"folder:{speech}?split=train"]
    description = make(
        tmp_path / "data", (source, corpora[1]), {"train": 4, "dev": 4, "test": 0}, replace(MIXING, rate=22050)
    )
    assert description["splits"] == {"train": {"mixtures": 4, "files": 1}}
    assert description["mixing"]["rate"] == 22050


def test_a_recipe_brings_its_corpora_and_its_mixing_may_be_changed(corpora: Corpora, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    root = Path(corpora[0][0].partition(":")[2]).parent
    recipe.write_text(tiny().replace('"cv"', '"xx"').replace('name = "tiny"', 'name = "cr_ced"'))
    flags = ["--corpora", str(root), "--out", str(tmp_path / "data"), "--seconds", "0.25", "--workers", "1"]
    counts = ["--train", "3", "--dev", "0", "--test", "0"]
    changes = ["--snr-db", "5", "6", "--set", "clean_only=0.5", "--set", "snr.probability=1.0"]
    assert main([str(recipe), *flags, *counts, *changes]) == 0
    description = json.loads((tmp_path / "data" / "dataset.json").read_text())
    assert description["mixing"]["effect"][2] == {"kind": "snr", "probability": 1.0, "range_db": [5.0, 6.0]}
    assert description["mixing"]["clean_only"] == 0.5 and description["mixing"]["seconds"] == 0.25
    assert [corpus["name"] for corpus in description["noise"]] == ["town"]


def test_what_a_recipes_bank_does_and_prepares_is_done(corpora: Corpora, tmp_path: Path) -> None:
    root = Path(corpora[0][0].partition(":")[2]).parent
    (root / "readers").mkdir()
    soundfile.write(root / "readers" / "a.wav", voice(1, 2, RATE), RATE)
    readers = '[corpora.readers]\nrole = "speech"\npath = "readers"\nlicence = "CC0"\nsplit = "train"\n'
    bank = '[bank]\nitems = 8\nheard = 2\n[[bank.effect]]\nkind = "level"\nrange_dbfs = [-30.0, -30.0]\n'
    recipe = tmp_path / "mine.toml"
    text = tiny(more=readers + 'prepare = ["decoded"]\n' + bank)
    recipe.write_text(text.replace('"cv"', '"xx"').replace('name = "tiny"', 'name = "cr_ced"'))
    flags = ["--corpora", str(root), "--out", str(tmp_path / "data"), "--workers", "1"]
    assert main([str(recipe), *flags, "--train", "3", "--dev", "0", "--test", "0"]) == 0
    description = json.loads((tmp_path / "data" / "dataset.json").read_text())
    assert description["mixing"]["effect"][-1]["kind"] == "level"
    assert description["speech"][-1]["source"] == str(root / "readers")
    assert description["speech"][-1]["prepare"] == ["decoded"]
    [file] = (tmp_path / "data").glob("*.tfrecord")
    for record in tfrecord.read(file):
        noisy = records.decode(record).noisy
        assert 10 * np.log10(np.mean(np.square(noisy))) == pytest.approx(-30, abs=0.1)


def test_no_corpora_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path / "data")]) == 1
    assert "give --corpora DIR" in capsys.readouterr().err


def test_making_a_data_set_needs_no_tensorflow(corpora: Corpora, tmp_path: Path) -> None:
    code = "import sys; from training.create_dataset import main; main(); print('tensorflow' in sys.modules)"
    run = [sys.executable, "-c", code, *command(corpora, tmp_path / "data", "--train", "2", "--workers", "1")[3:]]
    done = subprocess.run(run, cwd=ROOT, env=QUIET, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
