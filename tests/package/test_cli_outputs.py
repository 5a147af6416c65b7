"""Where the results of files go, and what becomes of files that are there already."""

import json
import os
from pathlib import Path

import pytest
import soundfile
from commands import run
from folders import tree
from sounds import speechlike

from speechenh_plugin.batch import REPORT


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with two recordings."""
    monkeypatch.chdir(tmp_path)
    for name, seconds in (("a.wav", 0.2), ("b.flac", 0.3)):
        soundfile.write(name, speechlike(seconds, 16000).T, 16000)
    return tmp_path


def test_results_lie_beside_their_files_or_in_a_folder(fullband_model: Path, place: Path) -> None:
    model = ("--model", fullband_model)
    assert run("a.wav", "b.flac", *model).exit_code == 0
    assert {"a_denoised.wav", "b_denoised.flac"} <= tree(place)
    assert run("a.wav", "b.flac", "-o", "clean/", *model).exit_code == 0
    assert run("a.wav", "-o", "clean", "--format", "flac", *model).exit_code == 0
    assert run("a.wav", "b.flac", "-o", "new", *model).exit_code == 0
    assert run("a.wav", "-o", "deep/er/x.wav", *model).exit_code == 0
    expected = {"clean/a.wav", "clean/b.flac", "clean/a.flac", "new/a.wav", "new/b.flac", "deep/er/x.wav"}
    assert expected <= tree(place)


def test_results_that_exist_stay_unless_they_are_to_go(fullband_model: Path, place: Path) -> None:
    (place / "a_denoised.wav").write_bytes(b"mine")
    model = ("--model", fullband_model)
    refused = run("a.wav", "b.flac", *model)
    assert refused.exit_code == 1
    assert "a_denoised.wav exists; --overwrite replaces it, --skip leaves it as it is" in refused.stderr
    assert (place / "b_denoised.flac").exists()
    skipped = run("a.wav", "--skip", "--json", *model)
    assert skipped.exit_code == 0
    assert [entry["source"] for entry in json.loads(skipped.stdout)["skipped"]] == ["a.wav"]
    assert (place / "a_denoised.wav").read_bytes() == b"mine"
    assert run("a.wav", "-o", "a_denoised.wav", "--skip", *model).exit_code == 0
    assert (place / "a_denoised.wav").read_bytes() == b"mine"
    assert run("a.wav", "-o", "b.flac", *model).exit_code == 0  # named, so replaced
    assert soundfile.info("b.flac").frames == 3200
    assert run("a.wav", "--overwrite", *model).exit_code == 0
    assert soundfile.info("a_denoised.wav").frames == 3200


def test_results_are_not_denoised_again(fullband_model: Path, place: Path) -> None:
    model = ("--model", fullband_model)
    assert run("a.wav", *model).exit_code == 0
    before = (place / "a_denoised.wav").read_bytes()
    for options, status in (((), 1), (("--skip",), 0), (("--overwrite",), 1)):
        again = run("a_denoised.wav", *options, *model)
        assert again.exit_code == status
        assert "a_denoised.wav is a result itself by its name; give -o" in again.stderr
    assert tree(place) == {"a.wav", "b.flac", "a_denoised.wav"}
    assert (place / "a_denoised.wav").read_bytes() == before
    assert run("a_denoised.wav", "-o", "twice.wav", *model).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["a.wav", "sub/a.wav", "-o", "clean/"], 2, "a.wav and sub/a.wav would both become clean/a.wav"),
        ([""], 2, "a file's name is empty"),
        (["a.wav", "-o", "a.wav", "--overwrite"], 1, "the output would replace the source"),
        (["a.wav", "-o", "b.flac/x.wav"], 1, "b.flac cannot be made: File exists"),
        (["sub", "a.wav"], 2, "sub is a folder; give it alone, or use 'deepdenoise batch'"),
        (["sub", "-o", "a.wav"], 2, "sub is a folder, so -o must name a folder"),
        (["sub", "-o", ""], 2, "sub is a folder, so -o must name a folder"),
        (["-", "-o", "clean/"], 2, "standard input has no name; give -o a file"),
    ],
)
def test_what_cannot_be(fullband_model: Path, place: Path, arguments: list[str], status: int, message: str) -> None:
    (place / "sub").mkdir()
    (place / "sub" / "a.wav").write_bytes((place / "a.wav").read_bytes())
    before = tree(place)
    result = run(*arguments, "--model", fullband_model)
    assert result.exit_code == status, result.output
    assert message in " ".join(result.stderr.split())
    assert tree(place) == before


def test_a_folder_is_a_batch(fullband_model: Path, place: Path) -> None:
    os.mkdir("in")
    os.rename("a.wav", "in/a.wav")
    model = ("--model", fullband_model)
    assert run("in", *model).exit_code == 0
    assert tree(place / "in_denoised") == {"a.wav", REPORT}
    assert "0 done, 1 skipped" in run("in/", *model).stderr
    os.chdir("in")
    assert "1 done, 0 skipped" in run(".", "--overwrite", *model).stderr
    os.chdir(place)
    assert tree(place) >= {"in/a.wav", "in_denoised/a.wav"} and tree(place / "in") == {"a.wav"}
    assert run("in", "-o", "other", "--format", "flac", "--preset", "gentle", *model).exit_code == 0
    assert tree(place / "other") == {"a.flac", REPORT}
