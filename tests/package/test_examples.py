"""Every example runs as its first line says."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from pedalboard import Compressor, HighpassFilter, Pedalboard
from sounds import speechlike

from speechenh_plugin import DeepDenoise, denoise, devices, models

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SAMPLE = EXAMPLES / "audio" / "noisy_speech.wav"


@pytest.fixture(autouse=True)
def bundled() -> None:
    if not models():
        pytest.skip("no model is bundled")


def call(name: str, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, EXAMPLES / name, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, stdin=subprocess.DEVNULL)


def run(name: str, *arguments: object, cwd: Path) -> str:
    done = call(name, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fails(name: str, *arguments: object, cwd: Path) -> str:
    done = call(name, *arguments, cwd=cwd)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    return done.stderr


def test_the_sample_is_small_and_licensed() -> None:
    info = soundfile.info(SAMPLE)
    assert (info.samplerate, info.channels) == (16000, 1) and 8 <= info.duration <= 10
    assert SAMPLE.stat().st_size < 400_000
    after = soundfile.info(SAMPLE.with_name("denoised_speech.flac"))
    assert (after.samplerate, after.frames) == (info.samplerate, info.frames)
    licence = (SAMPLE.parent / "LICENCE.md").read_text(encoding="utf-8")
    assert "Allison Smith" in licence and "CC BY-SA 3.0" in licence


def test_quickstart(tmp_path: Path) -> None:
    assert "9.0 s at 16000 Hz" in run("quickstart.py", cwd=tmp_path)
    output, rate = soundfile.read(tmp_path / "denoised.wav", dtype="float32")
    audio, _ = soundfile.read(SAMPLE, dtype="float32")
    np.testing.assert_allclose(output, DeepDenoise()(audio, rate), atol=2**-13)
    run("quickstart.py", SAMPLE, "other.flac", cwd=tmp_path)
    assert soundfile.info(tmp_path / "other.flac").frames == audio.size


def test_podcast(tmp_path: Path) -> None:
    assert "9.0 s at 16000 Hz, -16 LUFS" in run("podcast.py", SAMPLE, "out.mp3", cwd=tmp_path)
    audio, rate = soundfile.read(tmp_path / "out.mp3")
    assert rate == 16000 and len(audio) == pytest.approx(9 * rate, abs=rate // 10)
    assert pyloudnorm.Meter(rate).integrated_loudness(audio) == pytest.approx(-16, abs=0.3)
    assert np.abs(audio).max() < 1
    soundfile.write(tmp_path / "silence.wav", np.zeros(44100), 44100)
    assert "holds no speech" in fails("podcast.py", "silence.wav", "none.mp3", cwd=tmp_path)
    assert not (tmp_path / "none.mp3").exists()


def test_telephone(tmp_path: Path) -> None:
    call = np.stack([speechlike(2, 8000)[0], speechlike(2, 8000, seed=1)[0]])
    soundfile.write(tmp_path / "call.wav", call.T, 8000, subtype="ULAW")
    assert "8000 Hz, 2 channels" in run("telephone.py", "call.wav", cwd=tmp_path)
    output, rate = soundfile.read(tmp_path / "call_denoised.wav", dtype="float32")
    heard, _ = soundfile.read(tmp_path / "call.wav", dtype="float32")
    expected = denoise(heard.T, 8000, reduction_limit_db=20, stereo_link=False)
    assert rate == 8000 and soundfile.info(tmp_path / "call_denoised.wav").subtype == "ULAW"
    np.testing.assert_allclose(output.T, expected, atol=0.02)
    assert "16000 Hz, 1 channel" in run("telephone.py", SAMPLE, "wide.flac", cwd=tmp_path)


def test_streaming(tmp_path: Path) -> None:
    assert "144000 samples, latency 32 ms" in run("streaming.py", cwd=tmp_path)
    audio, rate = soundfile.read(SAMPLE, dtype="float32")
    output, _ = soundfile.read(tmp_path / "denoised_stream.wav", dtype="float32")
    np.testing.assert_allclose(output, DeepDenoise()(audio, rate), atol=2**-13)


def test_parallel_mix(tmp_path: Path) -> None:
    run("parallel_mix.py", cwd=tmp_path)
    audio, rate = soundfile.read(SAMPLE, dtype="float32")
    voice = Pedalboard([DeepDenoise(), HighpassFilter(80), Compressor(threshold_db=-20, ratio=3)])
    expected = voice(audio, rate) + 10 ** (-18 / 20) * audio
    output, _ = soundfile.read(tmp_path / "denoised_mix.wav", dtype="float32")
    np.testing.assert_allclose(output, expected, atol=2**-13)
    soundfile.write(tmp_path / "slow.wav", audio[:6000], 6000)
    assert "resample it to 8000" in fails("parallel_mix.py", "slow.wav", "other.wav", cwd=tmp_path)
    assert not (tmp_path / "other.wav").exists()


def test_bad_input_is_told_in_a_sentence(tmp_path: Path) -> None:
    for name in (
        "quickstart.py",
        "streaming.py",
        "telephone.py",
        "parallel_mix.py",
        "plot_before_after.py",
        "batch.py",
    ):
        assert "missing" in fails(name, "missing.wav", "out.wav", cwd=tmp_path)
    shutil.copy(SAMPLE, tmp_path / "same.wav")
    assert "is the recording itself" in fails("streaming.py", "same.wav", "same.wav", cwd=tmp_path)
    assert (tmp_path / "same.wav").read_bytes() == SAMPLE.read_bytes()
    soundfile.write(tmp_path / "slow.wav", speechlike(1, 8000)[0], 6000)
    assert "sample_rate must be from 8000" in fails("streaming.py", "slow.wav", "out.wav", cwd=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"same.wav", "slow.wav"}


def test_batch(tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("a.wav", "sub/b.flac"):
        soundfile.write(tmp_path / "in" / name, speechlike(0.5, 16000)[0], 16000)
    assert "2 done, 0 skipped, 0 failed" in run("batch.py", "in", "out", cwd=tmp_path)
    assert "0 done, 2 skipped, 0 failed" in run("batch.py", "in", "out", cwd=tmp_path)
    assert (tmp_path / "out" / "sub" / "b.flac").exists()


def test_live(tmp_path: Path) -> None:
    """Without sound devices it says so; with them, a person must listen."""
    if any(devices.names()):
        pytest.skip("there are sound devices here, which a test should not open")
    assert "there is no sound device for input and output" in fails("live.py", cwd=tmp_path)
    assert run("live.py", "--list", cwd=tmp_path) == "input: none\noutput: none\n"


def test_plot_before_after(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    run("plot_before_after.py", SAMPLE, "picture.png", cwd=tmp_path)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_custom_model(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    for name in ("speech", "noise"):
        (tmp_path / name).mkdir()
        for number in range(40):
            sound = speechlike(3, 16000, seed=number)[0]
            noise = 0.1 * np.random.default_rng(number).standard_normal(48000)
            soundfile.write(tmp_path / name / f"{number}.wav", sound if name == "speech" else noise, 16000)
    script = (
        "import json, sys\nfrom examples.custom_model import main\nmain(*json.loads(sys.argv[1]), epochs=1, steps=2)"
    )
    folders = json.dumps([str(tmp_path / name) for name in ("speech", "noise", "out")])
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [sys.executable, "-c", script, folders]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    assert "model='small_gru'" in done.stdout
    assert (tmp_path / "out" / "small_gru.vstpreset").stat().st_size > 100_000
    audio, rate = soundfile.read(SAMPLE, dtype="float32")
    expected = DeepDenoise(model=tmp_path / "out" / "small_gru")(audio, rate)
    np.testing.assert_allclose(soundfile.read(tmp_path / "out" / "denoised.wav")[0], expected, atol=2**-13)
