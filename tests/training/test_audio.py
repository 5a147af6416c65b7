"""Reading, resampling and measuring audio."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpora_layouts import noise, voice

from training.audio import (
    AudioError,
    active_power,
    audio_files,
    bandwidth,
    info,
    read,
    resample,
    without_silence,
    write_flac,
)
from training.packages import load_librosa

SHARED = Path(os.environ.get("DEEPDENOISE_AUDIO", "DEEPDENOISE_AUDIO is not set"))


def test_stereo_96_khz_is_mixed_and_resampled(tmp_path: Path) -> None:
    left = np.sin(2 * np.pi * 440 * np.arange(96000) / 96000)
    soundfile.write(tmp_path / "a.wav", np.stack([left, 0 * left], 1), 96000, subtype="FLOAT")
    audio, rate = read(tmp_path / "a.wav", 8000)
    assert (rate, audio.shape, audio.dtype) == (8000, (8000,), np.float32)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    assert np.abs(audio - expected)[200:-200].max() < 1e-3
    assert info(tmp_path / "a.wav").frames == 96000


def test_flac_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.b.flac"
    write_flac(path, np.array([0.5, -2.0, 2.0], np.float32), 16000, "PCM_24")
    audio, rate = read(path)
    assert (audio.tolist(), rate) == ([0.5, -1.0, pytest.approx(1.0)], 16000)
    before = path.read_bytes()
    with pytest.raises(AudioError, match=r"a\.b\.flac cannot be written"):
        write_flac(path, np.zeros(3, np.float32), 16_000_000)
    assert path.read_bytes() == before and [*path.parent.iterdir()] == [path]


def test_part_of_a_file(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", noise(0), 16000)
    whole, _ = read(tmp_path / "a.flac")
    part, _ = read(tmp_path / "a.flac", start=100, frames=50)
    assert np.array_equal(part, whole[100:150])


@pytest.mark.parametrize("ending", ["mp3", "ogg", "opus", "flac"])
def test_formats(tmp_path: Path, ending: str) -> None:
    wave = voice(0, rate=48000)
    kind = {"format": "OGG", "subtype": "OPUS"} if ending == "opus" else {}
    soundfile.write(tmp_path / f"a.{ending}", wave, 48000, **kind)
    audio, rate = read(tmp_path / f"a.{ending}")
    assert rate == 48000
    assert active_power(audio, rate) == pytest.approx(active_power(wave, rate), rel=0.2)


def test_unusable_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "corrupt.mp3").write_bytes(b"\xff\xfb\x90\x00" + bytes(range(256)) * 3)
    soundfile.write(tmp_path / "no-sample.wav", np.zeros(0), 16000)
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), 16000, subtype="FLOAT")
    for name in ("empty.wav", "corrupt.mp3", "no-sample.wav", "nan.wav", "missing.wav"):
        with pytest.raises(AudioError, match=name) as error:
            read(tmp_path / name)
        assert "\n" not in str(error.value)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs shared/audio: set DEEPDENOISE_AUDIO")
def test_opus_with_packets_across_pages_is_read_wholly() -> None:
    file = SHARED / "noise" / "muges" / "heavy-rain.opus"
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.read(file)
    audio, rate = read(file)
    assert len(audio) == info(file).frames and rate == 48000
    part, _ = read(file, start=5 * rate, frames=rate)
    np.testing.assert_allclose(part, audio[5 * rate : 6 * rate], atol=1e-3)


def test_resample_keeps_length_and_channels() -> None:
    audio = np.stack([noise(0), noise(1)])
    assert resample(audio, 16000, 48000).shape == (2, 48000)
    assert resample(audio, 16000, 16000) is audio


@pytest.mark.parametrize("edge", [4000, 8000, 11025])
def test_bandwidth_of_material_of_a_lower_rate(edge: int) -> None:
    wave = resample(noise(0, rate=2 * edge), 2 * edge, 48000)
    assert bandwidth(wave, 48000) == pytest.approx(edge, abs=600)


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_silence_is_cut_out_as_librosa_does(rate: int) -> None:
    audio = np.concatenate([voice(n, 0.7, rate) * 10 ** (-n / 2) for n in range(3)])
    frame = {8000: 512, 22050: 1024, 48000: 4096}[rate]
    for top_db in (10.0, 20.0, 40.0):
        parts = load_librosa().effects.split(audio, top_db=top_db, frame_length=frame, hop_length=frame // 4)
        expected = np.concatenate([audio[start:stop] for start, stop in parts])
        assert np.array_equal(without_silence(audio, rate, top_db), expected)


def test_bandwidth_stops_at_the_first_gap() -> None:
    speech = resample(noise(0, rate=16000), 16000, 48000)
    line = 0.01 * np.sin(2 * np.pi * 15600 * np.arange(48000) / 48000)
    assert bandwidth(speech + line.astype(np.float32), 48000) < 9000
    assert bandwidth(np.zeros(16000, np.float32), 16000) == 0
    assert bandwidth(noise(0), 16000) == 8000
    word = np.concatenate([noise(0)[:8000], np.zeros(15 * 16000, np.float32)])
    assert bandwidth(word, 16000) == 8000


def test_active_power_leaves_pauses_out() -> None:
    wave = noise(0)
    padded = np.concatenate([wave, np.zeros_like(wave)])
    assert active_power(padded, 16000) == pytest.approx(active_power(wave, 16000), rel=1e-6)
    assert active_power(wave, 16000) == pytest.approx(0.01, rel=0.05)
    assert active_power(np.zeros(10, np.float32), 16000) == 0


def test_a_flac_file_of_unknown_length_is_read_to_its_end(tmp_path: Path) -> None:
    whole = tmp_path / "whole.flac"
    write_flac(whole, noise(0, 2.0, 16000), 16000)
    data = bytearray(whole.read_bytes())
    data[21] &= 0xF0  # STREAMINFO's number of samples: 36 bits
    data[22:26] = bytes(4)
    unknown = tmp_path / "unknown.flac"
    unknown.write_bytes(data)
    assert info(unknown) == info(whole)
    np.testing.assert_array_equal(read(unknown)[0], read(whole)[0])


def test_a_link_to_a_folder_above_is_left_out(tmp_path: Path) -> None:
    write_flac(tmp_path / "folder" / "one.flac", noise(0, 0.1, 16000), 16000)
    (tmp_path / "folder" / "loop").symlink_to(tmp_path / "folder")
    assert list(audio_files(tmp_path)) == ["folder/one.flac"]
