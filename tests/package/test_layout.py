"""Channels keep their loudspeakers, and samples their valid bits."""

import struct
from pathlib import Path

import containers
import numpy as np
import pytest
import soundfile
from sounds import speechlike

from speechenh_plugin import denoise_file
from speechenh_plugin.audio import layout
from speechenh_plugin.audio.reader import open_reader, read

MASKS = {"5.1(side)": 0x60F, "5.1": 0x3F, "7.1": 0x63F, "2.1": 0xB, "3.0": 0x7, "quad": 0x33}


def extensible(path: Path, mask: int, audio: np.ndarray, valid: int = 16, width: int = 2) -> Path:
    """Write WAVE_FORMAT_EXTENSIBLE."""
    channels, rate = len(audio), 16000
    guid = struct.pack("<H", 1) + bytes.fromhex("000000001000800000aa00389b71")
    form = (
        struct.pack(
            "<HHIIHHHHI", 0xFFFE, channels, rate, rate * width * channels, width * channels, 8 * width, 22, valid, mask
        )
        + guid
    )
    steps = np.round(audio.T * 2 ** (valid - 1)).astype("<i4") << (32 - valid)
    data = np.ascontiguousarray(steps).view(np.uint8).reshape(-1, 4)[:, 4 - width :].tobytes()
    head = struct.pack("<4sI4s4sI", b"RIFF", 4 + 8 + len(form) + 8 + len(data), b"WAVE", b"fmt ", len(form))
    path.write_bytes(head + form + struct.pack("<4sI", b"data", len(data)) + data)
    return path


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("ending", ["wav", "caf", "aiff", "flac", "mka", "m4a"])
def test_masks_are_kept(fullband_model: Path, tmp_path: Path, mask: int, ending: str) -> None:
    source = extensible(tmp_path / "a.wav", mask, speechlike(0.3, 16000, mask.bit_count()))
    report = denoise_file(source, tmp_path / f"b.{ending}", model=fullband_model)
    reader = open_reader(tmp_path / f"b.{ending}")
    found = reader.form.mask
    reader.close()
    said = [note for note in report.notes if "layout" in note]
    assert found == mask or (ending in ("mka", "m4a") and said)


@pytest.mark.parametrize("ending", ["ogg", "opus"])
def test_channels_of_vorbis_and_opus_are_in_their_order(fullband_model: Path, tmp_path: Path, ending: str) -> None:
    """Each channel sounds at a time of its own, and still does where it was."""
    audio = np.zeros((6, 48000), np.float32)
    for channel in range(6):
        audio[channel, 8000 * channel : 8000 * channel + 4000] = speechlike(1, 48000)[0, :4000]
    soundfile.write(tmp_path / "a.flac", audio.T, 48000)
    denoise_file(tmp_path / "a.flac", tmp_path / f"b.{ending}", model=fullband_model, strength=0)
    coded, _ = read(tmp_path / f"b.{ending}")
    for channel in (0, 1, 2, 4, 5):  # the fourth is for bass alone
        energy = (coded[channel].reshape(6, 8000) ** 2).sum(axis=1)
        assert int(np.argmax(energy)) == channel


def test_20_bits_in_24_stay_20(fullband_model: Path, tmp_path: Path) -> None:
    source = extensible(tmp_path / "a.wav", 0x3, speechlike(0.3, 16000, 2), valid=20, width=3)
    denoise_file(source, tmp_path / "b.wav", model=fullband_model)
    reader = open_reader(tmp_path / "b.wav")
    assert (reader.form.subtype, reader.form.valid_bits) == ("PCM_24", 20)
    steps = next(reader.blocks(10000)) * 2**19
    np.testing.assert_array_equal(steps, np.round(steps))


def test_masks_by_name_and_by_bitmap() -> None:
    for name, mask in MASKS.items():
        assert layout.from_names(layout.to_names(mask).split("+")) == mask, name
        assert layout.from_caf(layout.to_caf(mask)[12:]) == mask, name
    assert layout.from_caf(struct.pack(">III", (189 << 16) | 8, 0, 0)) == 0x63F
    assert layout.from_caf(struct.pack(">III", (128 << 16) | 8, 0, 0)) is None  # sides before rears
    assert layout.from_names(["FL", "FL"]) is None and layout.from_names(["FL", "Any"]) is None


@pytest.mark.skipif(not containers.available(), reason="needs the ffmpeg program")
def test_flac_and_aac_of_ffmpeg(tmp_path: Path) -> None:
    import subprocess

    source = extensible(tmp_path / "a.wav", 0x60F, speechlike(0.3, 16000, 6))
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, tmp_path / "a.flac"], check=True)
    reader = open_reader(tmp_path / "a.flac")
    assert reader.form.mask == 0x60F
    reader.close()
