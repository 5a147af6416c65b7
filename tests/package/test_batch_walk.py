"""Which files of a folder are wanted, which are left out, and how outputs are called."""

import os
import sys
from pathlib import Path

import pytest

from speechenh_plugin.batch import walk


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(folder: Path, *include: str, exclude: tuple[str, ...] = ()) -> tuple[list[str], list[tuple[str, str]]]:
    selection = walk.select(str(folder), str(folder.parent / "out"), include, exclude)
    assert selection.unreadable == {}
    return list(selection.files), [(item.name, item.reason) for item in selection.left_out]


def test_endings_of_recordings_in_any_case(tmp_path: Path) -> None:
    names = [f"a.{ending}" for ending in ("WAV", "Wave", "bwf", "mp2", "voc", "gsm", "sph", "m4a", "mkv", "amr")]
    make(tmp_path / "in", *names, "a.txt", "deep/COVER.JPG", "README", ".hidden.wav", ".git/x.wav")
    files, left_out = found(tmp_path / "in")
    assert sorted(files) == sorted(names)
    assert left_out == [(name, "has no ending of audio files") for name in ("README", "a.txt", "deep/COVER.JPG")]


def test_patterns(tmp_path: Path) -> None:
    make(tmp_path / "in", "A.WAV", "b.wav", "Day 1/c.flac", "day 2/d.wav", "e.dat")
    assert found(tmp_path / "in", "*.wav") == (["A.WAV", "b.wav", "day 2/d.wav"], [])
    assert found(tmp_path / "in", "day 1/*", "E.*") == (["Day 1/c.flac", "e.dat"], [])
    assert found(tmp_path / "in", exclude=("DAY*/*", "e.dat")) == (["A.WAV", "b.wav"], [])


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_are_followed_but_not_to_what_is_above_them(tmp_path: Path) -> None:
    make(tmp_path / "in", "a.wav", "one/b.wav", "two/c.wav")
    make(tmp_path / "other", "o.wav", "deep/p.wav")
    for link, target in {
        "in/loop": ".",
        "in/top": str(tmp_path),
        "in/linked": str(tmp_path / "other"),
        "in/single.wav": str(tmp_path / "other" / "o.wav"),
        "in/lost.wav": "nowhere",
        "in/one/two": "../two",
        "in/two/one": "../one",
        "other/back": str(tmp_path / "in"),
    }.items():
        (tmp_path / link).symlink_to(target)
    files, left_out = found(tmp_path / "in")
    # As `find -L` lists them, down to where a circle closes.
    own = ["a.wav", "lost.wav", "one/b.wav", "single.wav", "two/c.wav"]
    linked = ["linked/deep/p.wav", "linked/o.wav", "one/two/c.wav", "two/one/b.wav"]
    assert sorted(files) == sorted(own + linked)
    reason = "is a link that leads to a folder above itself"
    assert left_out == [(name, reason) for name in ("linked/back", "loop", "one/two/one", "top", "two/one/two")]


@pytest.mark.skipif(sys.platform == "win32", reason="has no such files")
def test_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    make(tmp_path / "in", "a.wav")
    os.mkfifo(tmp_path / "in" / "pipe.wav")
    assert found(tmp_path / "in") == (["a.wav"], [("pipe.wav", "is no regular file")])


def test_the_output_folder_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "a.wav", "clean/a.wav", "cleaner/b.wav")
    selection = walk.select(str(tmp_path), str(tmp_path / "x" / ".." / "clean"))
    assert list(selection.files) == ["a.wav", "cleaner/b.wav"]


def test_a_folder_lists_each_folder_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "in", *(f"{number // 100}/{number}.wav" for number in range(300)))
    listed = []
    entries = walk.remote.entries
    monkeypatch.setattr(walk.remote, "entries", lambda folder: listed.append(folder) or entries(folder))
    assert len(walk.select(str(tmp_path / "in"), str(tmp_path / "out")).files) == 300
    assert len(listed) == 4


def test_names_of_outputs() -> None:
    names = ["f.WAV", "f.amr", "f.bwf", "g.avi", "sub/f.flac", "x.dat"]
    assert dict(walk.outputs(names, None)) == {
        "f.WAV": "f.WAV",
        "f.amr": "f.amr.wav",
        "f.bwf": "f.bwf.wav",
        "g.avi": "g.mkv",
        "sub/f.flac": "sub/f.flac",
        "x.dat": "x.dat",
    }
    assert dict(walk.outputs(["talk.mp3", "talk.mp3.wav", "talk.wav"], "wav"))["talk.mp3"] == "talk.mp3.wav.wav"
    assert dict(walk.outputs(["b.wav", "b.mp3", "b.flac"], ".flac")) == {
        "b.wav": "b.wav.flac",
        "b.mp3": "b.mp3.flac",
        "b.flac": "b.flac",
    }
