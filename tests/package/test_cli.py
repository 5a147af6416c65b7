"""``deepdenoise FILE...``: settings, results, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import run
from sounds import speechlike

from speechenh_plugin import denoise
from speechenh_plugin.cli import options
from speechenh_plugin.controls import PRESETS
from speechenh_plugin.settings import Settings


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    path = tmp_path / "noisy speech.wav"
    soundfile.write(path, speechlike(1, 16000, 2).T, 16000, subtype="PCM_24")
    return path


def test_without_a_command(fullband_model: Path, noisy: Path, tmp_path: Path) -> None:
    result = run(
        noisy, "-o", tmp_path / "out.wav", "--strength", 80, "--reduction-limit", 18, "--model", fullband_model
    )
    assert result.exit_code == 0, result.output
    assert "16000 Hz, 2 channels, PCM_24" in result.stderr and "x real time" in result.stderr
    assert result.stdout == ""
    audio, rate = soundfile.read(noisy, dtype="float32")
    output, _ = soundfile.read(tmp_path / "out.wav", dtype="float32")
    expected = denoise(audio.T, rate, strength=80, reduction_limit_db=18, model=fullband_model).T
    np.testing.assert_allclose(output, expected, atol=2**-22)


def test_options_may_come_first_and_the_output_has_a_name(fullband_model: Path, noisy: Path) -> None:
    assert run("--listen", "removed", "--no-stereo-link", "--model", fullband_model, noisy).exit_code == 0
    output, rate = soundfile.read(noisy.with_name("noisy speech_denoised.wav"), dtype="float32")
    audio, _ = soundfile.read(noisy, dtype="float32")
    expected = denoise(audio.T, rate, listen="removed", stereo_link=False, model=fullband_model)
    np.testing.assert_allclose(output.T, expected, atol=2**-22)


def test_json_and_some_failures(fullband_model: Path, noisy: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no audio")
    result = run(noisy, text, tmp_path / "missing.wav", "--json", "--model", fullband_model)
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert [done["source"] for done in report["done"]] == [str(noisy)]
    assert report["done"][0]["frames"] == 16000 and report["done"][0]["speed"] > 0
    assert [failed["source"] for failed in report["failed"]] == [str(text), str(tmp_path / "missing.wav")]
    assert "text.wav is not audio" in result.stderr and "missing.wav cannot be read" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--strength", "101"], "strength"),
        (["--reduction-limit", "-1"], "reduction-limit"),
        (["--listen", "both"], "listen"),
        (["--model", "no-such"], "there is no model 'no-such'"),
        (["--chain", "no-such"], "there is no chain 'no-such'"),
        (["--frequency", "3"], "No such option"),
        (["second.wav", "-o", "out.wav"], "-o out.wav takes one file; for several give it a folder"),
        (["--preset", "loud"], "there is no preset 'loud'; choose one of podcast, gentle"),
        (["--skip", "--overwrite"], "exclude each other"),
        (["-o", ""], "-o names no file"),
        (["-o", "a.flac", "--format", "flac"], "leave --format out"),
        (["-o", "-", "--json"], "standard output"),
    ],
)
def test_wrong_usage(fullband_model: Path, noisy: Path, arguments: list[str], message: str) -> None:
    before = set(noisy.parent.iterdir())
    defaults = [] if "--model" in arguments else ["--model", fullband_model]
    result = run(noisy, *defaults, *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert set(noisy.parent.iterdir()) == before


def test_presets_are_settings_that_options_override(fullband_model: Path, noisy: Path, tmp_path: Path) -> None:
    audio, rate = soundfile.read(noisy, dtype="float32")
    for name, beside, settings in [
        ("podcast", (), {"reduction_limit_db": 30}),
        ("telephone", (), {"reduction_limit_db": 20, "stereo_link": False}),
        ("telephone", ("--stereo-link", "--strength", 50), {"reduction_limit_db": 20, "strength": 50}),
    ]:
        out = tmp_path / "out.wav"
        result = run(noisy, "-o", out, "--overwrite", "--preset", name, *beside, "--model", fullband_model)
        assert result.exit_code == 0, result.stderr
        expected = denoise(audio.T, rate, model=fullband_model, **settings).T
        np.testing.assert_allclose(soundfile.read(out, dtype="float32")[0], expected, atol=2**-22)


def test_every_preset_gives_settings() -> None:
    for preset in PRESETS:
        given = options.settings(preset=preset.name)
        assert given == {**preset.settings, "model": None}
        assert set(given) == set(Settings.__annotations__)
