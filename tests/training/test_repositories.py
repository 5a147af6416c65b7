"""Speech from clones of public repositories."""

from pathlib import Path

import pytest

from training.data.repositories import CHOICES, main

LICENSE = """./xx/words:
one.ogg   Ann Reader 2011 / GPL
two.ogg   Zohra Coudoin 2015 / GPL V3+
three.ogg  GPL V3+
four.ogg   Alexey V. Lubimov 2003 / GPL
five.ogg   Sam Both 2003 / GPL
gone.ogg   Ann Reader 2011 / GPL

./yy/words:
one.ogg   Alexey Lubimov 2004 / GPL
two.ogg   Sam Both 2004 / GPL
three.ogg Public Domain

./da/words:
one.ogg   Another 2004 / GPL
"""


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    files = {
        "GCompris-voices": [
            *(f"xx/words/{name}.ogg" for name in ("one", "two", "three", "four", "five")),
            *(f"yy/words/{name}.ogg" for name in ("one", "two", "three")),
            "da/words/one.ogg",
        ],
        "dataset-voice-flemishguy": ["wavs/1.wav"],
        "audio-cmn": ["96k/hsk/cmn-a.mp3", "64k/hsk/cmn-a.mp3", "64k/syllabs/cmn-ba4.mp3"],
    }
    for name, paths in files.items():
        for path in paths:
            file = tmp_path / "clones" / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(path.encode())
    (tmp_path / "clones" / "GCompris-voices" / "LICENSE").write_text(LICENSE)
    return tmp_path / "clones"


def test_readers_are_told_apart_and_those_who_judge_are_left_out(clones: Path, tmp_path: Path) -> None:
    assert main([str(clones), str(tmp_path / "out")]) == 0
    found = {
        choice.name: {path.name: path.read_text() for path in (tmp_path / "out" / "speech" / choice.name).iterdir()}
        for choice in CHOICES
    }
    assert found == {
        "GCompris-voices": {
            "xxAnnReader_00001.ogg": "xx/words/one.ogg",
            "xxUnnamed_00002.ogg": "xx/words/three.ogg",
            "AlexeyLubimov_00003.ogg": "xx/words/four.ogg",
            "SamBoth_00004.ogg": "xx/words/five.ogg",
            "AlexeyLubimov_00005.ogg": "yy/words/one.ogg",
            "SamBoth_00006.ogg": "yy/words/two.ogg",
            "yyUnnamed_00007.ogg": "yy/words/three.ogg",
        },
        "dataset-voice-flemishguy": {"nlFlemishguy_00001.wav": "wavs/1.wav"},
        "audio-cmn": {
            "cmnYueTan_00001.mp3": "96k/hsk/cmn-a.mp3",
            "cmnChenWang_00002.mp3": "64k/syllabs/cmn-ba4.mp3",
        },
    }


def test_a_missing_clone_is_told_with_the_way_to_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), str(tmp_path / "out")]) == 1
    assert "git clone https://github.com/gcompris/GCompris-voices" in capsys.readouterr().err
