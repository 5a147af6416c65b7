"""A part of a recipe's corpora: no larger than asked for, in proportion, and with the same names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from training.audio import AudioError
from training.data.corpora.spec import CorpusSpec
from training.data.excerpt import SECONDS, excerpt


def corpus(root: Path, name: str, role: str, weight: float, seconds: float = 20.0) -> CorpusSpec:
    for number in range(8):
        (root / name).mkdir(parents=True, exist_ok=True)
        noise = 0.1 * np.random.default_rng(number).standard_normal(round(seconds * 16000))
        soundfile.write(root / name / f"{number}.flac", noise, 16000)
    return CorpusSpec(name=name, role=role, path=name, weight=weight, licence="CC0")


def test_sizes_follow_weights(tmp_path: Path) -> None:
    root, out = tmp_path / "all", tmp_path / "part"
    specs = [corpus(root, "a", "speech", 3), corpus(root, "b", "speech", 1), corpus(root, "room", "room", 1, 0.1)]
    written = excerpt(specs, root, out, 500_000)
    files = {name: sorted((out / name).iterdir()) for name in ("a", "b", "room")}
    sizes = {name: sum(path.stat().st_size for path in of) for name, of in files.items()}
    assert sum(sizes.values()) == written <= 500_000
    assert 2 < sizes["a"] / sizes["b"] < 5
    assert all((root / "a" / path.name).with_suffix(".flac").is_file() for path in files["a"])
    assert soundfile.info(files["a"][0]).duration == pytest.approx(SECONDS, abs=0.1)
    assert files["room"][0].read_bytes() == (root / "room" / files["room"][0].name).read_bytes()
    again = tmp_path / "again"
    excerpt(specs, root, again, 500_000)
    assert sorted(path.name for path in (again / "a").iterdir()) == [path.name for path in files["a"]]


def test_what_has_no_part_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "all"
    room = corpus(root, "room", "room", 1, 0.1)
    with pytest.raises(AudioError, match="no audio file that fits its part of 50 bytes"):
        excerpt([room], root, tmp_path / "part", 1000)
    away = CorpusSpec(role="room", path=str(root / "room"), weight=1.0, licence="CC0")
    with pytest.raises(ValueError, match="is no folder of recordings below"):
        excerpt([away], tmp_path / "other", tmp_path / "new", 1000)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    with pytest.raises(ValueError, match="is not empty"):
        excerpt([room], root, tmp_path / "full", 1000)


def test_a_speaker_that_is_found_by_the_ending_is_refused(tmp_path: Path) -> None:
    spec = replace(corpus(tmp_path / "all", "a", "speech", 1, 0.1), speaker=r"^(.)\.flac$")
    with pytest.raises(ValueError, match=r"matches 0\.flac, but not its copy 0\.opus: write it without the ending"):
        excerpt([spec], tmp_path / "all", tmp_path / "part", 100_000)
    assert excerpt([replace(spec, speaker=r"^(.)\.")], tmp_path / "all", tmp_path / "part", 100_000)


def test_an_empty_corpus_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(AudioError, match="holds no audio file"):
        excerpt([CorpusSpec(role="speech", path="a", weight=1.0, licence="CC0")], tmp_path, tmp_path / "out", 1000)
