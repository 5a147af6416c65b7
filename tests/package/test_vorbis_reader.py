"""Vorbis streams that follow one another: whole, and with a second one that is damaged."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import speechlike

from speechenh_plugin.audio.reader import open_reader
from speechenh_plugin.audio.recording import Incomplete
from speechenh_plugin.errors import AudioFileError


def blocks(path: Path, incomplete: Incomplete) -> tuple[list[np.ndarray], list[str]]:
    reader = open_reader(path, incomplete)
    try:
        return list(reader.blocks(1000)), reader.notes
    finally:
        reader.close()


@pytest.fixture
def link(tmp_path: Path) -> bytes:
    soundfile.write(tmp_path / "a.ogg", speechlike(2.0, 16000).T, 16000)
    return (tmp_path / "a.ogg").read_bytes()


def test_each_is_decoded_as_by_itself(tmp_path: Path, link: bytes) -> None:
    (tmp_path / "twice.ogg").write_bytes(2 * link)
    found, notes = blocks(tmp_path / "twice.ogg", "refuse")
    alone, _ = blocks(tmp_path / "a.ogg", "refuse")
    once = np.concatenate(alone, axis=1)
    assert once.shape == (1, 32000)
    np.testing.assert_array_equal(np.concatenate(found, axis=1), np.concatenate([once, once], axis=1))
    assert {block.shape[1] for block in found} == {1000} and not notes


def test_a_damaged_second_one(tmp_path: Path, link: bytes) -> None:
    broken = bytearray(link)
    at = broken.index(b"\5vorbis") + 40  # amid the codebooks, which nothing can be decoded without
    broken[at : at + 400] = bytes(400)
    (tmp_path / "twice.ogg").write_bytes(link + bytes(broken))
    with pytest.raises(AudioFileError, match="twice.ogg is damaged at 2.00 s"):
        blocks(tmp_path / "twice.ogg", "refuse")
    found, notes = blocks(tmp_path / "twice.ogg", "keep")
    assert sum(block.shape[1] for block in found) == 32000
    assert len(notes) == 1 and "is damaged at 2.00 s" in notes[0]
