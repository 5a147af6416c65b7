"""Speech and noise from Debian's packages."""

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from sounds import speechlike

from training.data import debian
from training.data.corpora import parse
from training.data.debian import CHOICES, Choice, DebianError

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="there is no dpkg-deb to make a package with")
SOUNDS = Choice("zoo-data", "noise", "CC0", "/sounds/", "music")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of a long sound in stereo, a short one, a silent one, music, and a text."""
    root = tmp_path / "root"
    sounds = root / "usr/share/games/zoo/sounds"
    sounds.mkdir(parents=True)
    long = speechlike(0.5, 22050)[0]
    soundfile.write(sounds / "the лев.ogg", np.stack([long, 0 * long], 1), 22050)
    soundfile.write(sounds / "flea.wav", long[:2000], 22050)
    soundfile.write(sounds / "fish.wav", 0 * long, 22050)
    soundfile.write(sounds / "music.wav", long, 22050)
    (sounds / "broken.wav").write_text("no sound")
    (sounds / "readme.txt").write_text("sounds")
    with zipfile.ZipFile(sounds / "public.zip", "w") as archive:
        archive.write(sounds / "music.wav", "calls/owl.wav")
        archive.write(sounds / "readme.txt", "calls/readme.txt")
    (sounds / "half.zip").write_bytes((sounds / "public.zip").read_bytes()[:1000])
    (root / "DEBIAN").mkdir()
    control = "Package: zoo-data\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.c>\nDescription: animals\n"
    (root / "DEBIAN/control").write_text(control)
    path = tmp_path / "zoo-data_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", root, path], check=True, capture_output=True)
    return path


@needs_dpkg
def test_what_is_chosen_becomes_a_corpus(package: Path, tmp_path: Path) -> None:
    out = tmp_path / "noise" / "zoo-data"
    rest = Choice("zoo-data", "noise", "CC0", "music")
    assert debian.extract({SOUNDS: out, rest: tmp_path / "rest"}, package) == {SOUNDS: 2, rest: 1}
    assert [path.name for path in (tmp_path / "rest").iterdir()] == ["zoo_sounds_music.flac"]
    names = {path.name for path in out.iterdir()}
    assert names == {"zoo_sounds_public.zip_calls_owl.flac", "zoo_sounds_the_лев.flac"}
    audio, rate = soundfile.read(out / "zoo_sounds_the_лев.flac")
    assert (audio.shape, rate) == ((11025,), 22050)
    assert np.abs(audio - speechlike(0.5, 22050)[0] / 2).max() < 0.05  # what Vorbis takes
    assert len(list(parse(f"folder:{out}?split=train&licence=CC0").open().clips("train"))) == 2


@needs_dpkg
def test_sounds_are_found_in_zip_archives(package: Path, tmp_path: Path) -> None:
    calls = Choice("zoo-data", "noise", "CC0", r"public\.zip/calls/")
    assert debian.extract({calls: tmp_path / "calls"}, package) == {calls: 1}
    assert [path.name for path in (tmp_path / "calls").iterdir()] == ["zoo_sounds_public.zip_calls_owl.flac"]


@needs_dpkg
def test_a_package_at_hand_is_not_fetched(package: Path) -> None:
    assert debian.fetch("zoo-data", package.parent) == package


@needs_dpkg
def test_what_is_no_package_is_told(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for choice in CHOICES:
        (tmp_path / f"{choice.package}_1_all.deb").write_bytes(b"no package")
    assert debian.main([str(tmp_path / "out"), "--packages", str(tmp_path)]) == 1
    assert "is not a whole Debian package: fetch it again." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    half = tmp_path / "half.deb"
    half.write_bytes(package.read_bytes()[: package.stat().st_size // 2])
    with pytest.raises(DebianError, match="not a whole Debian package"):
        debian.extract({SOUNDS: tmp_path / "out"}, half)


def test_missing_tools_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DebianError, match="apt-get cannot download zoo-data: put its .deb"):
        debian.fetch("zoo-data", tmp_path)
    with pytest.raises(DebianError, match="install dpkg"):
        debian.extract({SOUNDS: tmp_path / "out"}, tmp_path / "zoo-data_1_all.deb")


@pytest.mark.parametrize("size", [0, 4000])
def test_g722_is_decoded(size: int) -> None:
    found = debian._decode("hello.g722", bytes(size))
    assert found is not None
    audio, rate = found
    assert (audio.dtype, rate, len(audio)) == (np.float32, 16000, 2 * size)


def test_g722_holds_the_sound() -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    file = io.BytesIO()
    with av.open(file, "w", format="g722") as container:
        stream = container.add_stream("g722", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.round(32767 * tone).astype(np.int16)[np.newaxis], "s16", "mono")
        frame.sample_rate = 16000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    found = debian._decode("hello.g722", file.getvalue())
    assert found is not None
    # The codec's filters take 22 samples.
    assert np.std(found[0][2022:14022] - tone[2000:14000]) < 0.02 * np.std(tone)


def test_choices_have_a_role_and_a_licence() -> None:
    assert {choice.role for choice in CHOICES} == {"speech", "noise", "music"}
    assert all(choice.licence for choice in CHOICES)
    assert len({(choice.role, choice.package) for choice in CHOICES}) == len(CHOICES)
