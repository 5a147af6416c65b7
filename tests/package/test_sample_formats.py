"""The limits of each sample format: what goes beyond is clipped, in every container."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import speechlike

from speechenh_plugin import process_file
from speechenh_plugin.audio.reader import read

WRITTEN = [
    (ending, subtype)
    for ending, container in (
        ("wav", "WAV"),
        ("aiff", "AIFF"),
        ("au", "AU"),
        ("caf", "CAF"),
        ("w64", "W64"),
        ("rf64", "RF64"),
        ("flac", "FLAC"),
    )
    for subtype in soundfile.available_subtypes(container)
    if subtype.startswith(("PCM", "ULAW", "ALAW", "FLOAT", "DOUBLE"))
]
LOSSY = [("mp3", "MPEG_LAYER_III"), ("ogg", "VORBIS"), ("opus", "OPUS")]


class Louder:
    """An effect that drives a signal beyond full scale."""

    def process(self, audio: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> np.ndarray:
        return audio * np.float32(8)

    def reset(self) -> None:
        pass


@pytest.mark.parametrize(("ending", "subtype"), [*WRITTEN, *LOSSY])
def test_loud_sound_is_clipped_and_never_wraps(tmp_path: Path, ending: str, subtype: str) -> None:
    audio = 4 * speechlike(0.5, 48000)
    assert np.abs(8 * audio).max() > 2
    quiet = (audio / np.abs(audio).max() * 0.9).astype(np.float32)
    container = {"opus": "OGG", "rf64": "RF64"}.get(ending)
    soundfile.write(tmp_path / f"a.{ending}", quiet.T, 48000, subtype=subtype, format=container)
    report = process_file(Louder(), tmp_path / f"a.{ending}", tmp_path / f"b.{ending}")
    assert report.format == subtype and report.notes == ()
    expected = 8 * read(tmp_path / f"a.{ending}")[0]
    got = read(tmp_path / f"b.{ending}")[0]
    assert got.shape == expected.shape
    if subtype in ("FLOAT", "DOUBLE"):
        np.testing.assert_allclose(got, expected, rtol=1e-6)
        return
    beyond = np.abs(expected) > 1.5
    assert beyond.any()
    if (ending, subtype) in LOSSY:
        assert np.mean(np.sign(got[beyond]) == np.sign(expected[beyond])) > 0.99
    else:
        assert np.abs(got - np.clip(expected, -1, 1)).max() < (0.05 if "LAW" in subtype else 0.02)


@pytest.mark.parametrize(
    ("ending", "subtype"), [("wav", "IMA_ADPCM"), ("wav", "MS_ADPCM"), ("wav", "GSM610"), ("wav", "MPEG_LAYER_III")]
)
def test_what_is_not_written_becomes_the_nearest_and_says_so(tmp_path: Path, ending: str, subtype: str) -> None:
    if subtype not in soundfile.available_subtypes("WAV"):
        pytest.skip("libsndfile does not write it here")
    source = tmp_path / f"a.{ending}"
    try:
        soundfile.write(source, speechlike(1, 8000).T, 8000, subtype=subtype)
    except soundfile.LibsndfileError:
        pytest.skip("libsndfile does not write it here")
    report = process_file(Louder(), source, tmp_path / "b.wav")
    assert report.format == "PCM_16"
    assert any(subtype in note and "PCM_16" in note for note in report.notes)
