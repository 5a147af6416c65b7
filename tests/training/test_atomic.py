"""Files that appear whole or not at all."""

import os
from pathlib import Path

import pytest

from training.atomic import whole


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with whole(path) as part:
        part.write_text("new")
        assert part.name.startswith(".") and part.suffix == ".json"
        assert str(os.getpid()) in part.name  # runs side by side write the same file
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [*tmp_path.iterdir()] == [path]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def fails() -> None:
        with whole(path) as part:
            part.write_text("ne")
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        fails()
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]
