"""One sound through programs that host plug-ins, for comparison with pedalboard."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from port_hosts import ladspa_file, lv2_bundle

from speechenh_plugin import DeepDenoise

HOSTS = Path(__file__).parents[2] / "speechenh_plugin" / "native" / "HOSTS.md"
"""The manual, whose commands are tested."""


def program(name: str) -> str:
    """Its path; the test is skipped where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"needs {name}")
    return found


def ffmpeg_with(name: str) -> str:
    """FFmpeg, if it is built with a filter of that name."""
    ffmpeg = program("ffmpeg")
    listed = subprocess.run([ffmpeg, "-hide_banner", "-filters"], capture_output=True, text=True, check=True).stdout
    if f" {name} " not in listed:
        pytest.skip(f"this FFmpeg has no filter {name}")
    return ffmpeg


def run(*command: object, folder: Path) -> str:
    """Run a program; give what it printed."""
    environment = {**os.environ, "LV2_PATH": f"{lv2_bundle().parent}:/usr/lib/lv2"}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def heard(command: list[object], audio: np.ndarray, rate: int, folder: Path) -> np.ndarray:
    """What a program makes of a sound: it reads ``in.wav`` and writes ``out.wav``, both of 32-bit floating point."""
    sf.write(folder / "in.wav", audio.T, rate, "FLOAT")
    run(*command, folder=folder)
    samples, got = sf.read(folder / "out.wav", dtype="float32", always_2d=True)
    assert got == rate
    return samples.T


def expected(audio: np.ndarray, rate: int, **settings: object) -> tuple[np.ndarray, int]:
    """What pedalboard makes of it, and its latency, which programs that do not compensate it put in front."""
    effect = DeepDenoise(**settings)
    return effect(audio, rate), effect.reported_latency_samples


def assert_late(output: np.ndarray, wanted: tuple[np.ndarray, int], atol: float = 0.0) -> None:
    """A host that compensates no latency gives the same as pedalboard from the latency on."""
    samples, latency = wanted
    assert output.shape == samples.shape
    np.testing.assert_allclose(output[:, latency:], samples[:, : samples.shape[1] - latency], rtol=0, atol=atol)


def label(audio: np.ndarray) -> str:
    return ("mono", "stereo")[len(audio) - 1]


def ffmpeg_ladspa(audio: np.ndarray, controls: str) -> list[object]:
    filters = f"ladspa=file={ladspa_file()}:plugin=deepdenoise_{label(audio)}:controls={controls}"
    options = ["-hide_banner", "-loglevel", "error", "-y", "-i", "in.wav"]
    return [ffmpeg_with("ladspa"), *options, "-af", filters, "-c:a", "pcm_f32le", "out.wav"]


def ffmpeg_lv2(audio: np.ndarray, controls: Mapping[str, float]) -> list[object]:
    values = "|".join(f"{symbol}={value}" for symbol, value in controls.items())
    filters = rf"lv2=p=urn\\:deepdenoise\\:{label(audio)}:c={values}"
    options = ["-hide_banner", "-loglevel", "error", "-y", "-i", "in.wav"]
    return [ffmpeg_with("lv2"), *options, "-af", filters, "-c:a", "pcm_f32le", "out.wav"]
