import os
import re
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.id3 import APIC, TIT2
from pedalboard import Chain, Gain, Mix, Pedalboard
from recordings import damaged, deviation, read, write
from sounds import speechlike

from speechenh_plugin import AudioFileError, DeepDenoise, denoise, denoise_file, process_file
from speechenh_plugin.audio import reader
from speechenh_plugin.audio.atomic import _unique, remove_partial_files
from speechenh_plugin.audio.quantise import quantise
from speechenh_plugin.audio.through import BLOCK

FORMATS = [
    ("a.wav", "PCM_U8"),
    ("a.wav", "PCM_16"),
    ("a.wav", "PCM_24"),
    ("a.wav", "PCM_32"),
    ("a.wav", "FLOAT"),
    ("a.aiff", "PCM_16"),
    ("a.caf", "PCM_24"),
    ("a.w64", "PCM_24"),
    ("a.flac", "PCM_16"),
    ("a.flac", "PCM_24"),
    ("a.mp3", "MPEG_LAYER_III"),
    ("a.ogg", "VORBIS"),
    ("a.opus", "OPUS"),
]
LOSSY = ("MPEG_LAYER_III", "VORBIS", "OPUS")


# --- arrays


def test_denoise(model: Path) -> None:
    audio = speechlike(0.5, 16000, 2)
    expected = DeepDenoise(model=model, strength=60)(audio, 16000)
    np.testing.assert_array_equal(denoise(audio, 16000, model=model, strength=60), expected)


# --- rate, channels, depth, format, length


@pytest.mark.parametrize(("name", "subtype"), FORMATS)
def test_formats_are_kept(fullband_model: Path, tmp_path: Path, name: str, subtype: str) -> None:
    rate = 48000
    source = write(tmp_path / name, speechlike(1.3, rate, 2), rate, subtype)
    report = denoise_file(source, tmp_path / f"out{source.suffix}", model=fullband_model)
    old, new = soundfile.info(source), soundfile.info(report.output)
    for field in ("samplerate", "channels", "frames", "format", "subtype"):
        assert getattr(old, field) == getattr(new, field)
    audio, output = read(source), read(Path(report.output))
    assert output.shape == audio.shape
    expected = denoise(audio, rate, model=fullband_model)
    if subtype in LOSSY:  # libsndfile's own encoding may be as far off: Opus differs a little between machines
        coded = read(write(tmp_path / f"coded{source.suffix}", expected, rate, subtype))
        assert deviation(output, expected) < max(0.15, 1.05 * deviation(coded, expected))
    else:
        assert deviation(output, expected) < (0.2 if subtype == "PCM_U8" else 1e-3)


@pytest.mark.parametrize(("name", "subtype"), [form for form in FORMATS if form[1] not in LOSSY])
def test_strength_zero_copies_bit_for_bit(fullband_model: Path, tmp_path: Path, name: str, subtype: str) -> None:
    source = write(tmp_path / name, speechlike(0.7, 44100, 2), 44100, subtype)
    output = tmp_path / f"out{source.suffix}"
    denoise_file(source, output, model=fullband_model, strength=0)
    np.testing.assert_array_equal(read(output), read(source))


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 96000])
@pytest.mark.parametrize("samples", [1, 100, BLOCK, 2 * BLOCK + 7])
def test_any_length_equals_one_shot(fullband_model: Path, tmp_path: Path, rate: int, samples: int) -> None:
    audio = speechlike(samples / rate + 0.01, rate)[:, :samples]
    source = write(tmp_path / "a.wav", audio, rate, "FLOAT")
    denoise_file(source, tmp_path / "b.wav", model=fullband_model)
    np.testing.assert_allclose(read(tmp_path / "b.wav"), denoise(audio, rate, model=fullband_model), atol=1e-6)


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg", "opus", "m4a", "mka", "webm"])
def test_recordings_of_a_few_samples(fullband_model: Path, tmp_path: Path, ending: str) -> None:
    for samples in (1, 300, 512):
        source = write(tmp_path / "a.wav", speechlike(1, 16000)[:, :samples], 16000)
        output = tmp_path / f"{samples}.{ending}"
        assert denoise_file(source, output, model=fullband_model).frames == samples
        assert reader.read(output)[0].shape[1] >= samples
    write(tmp_path / "a.wav", np.zeros((1, 0), np.float32), 16000)
    if ending == "wav":
        assert denoise_file(source, tmp_path / "0.wav", model=fullband_model).frames == 0
    else:
        with pytest.raises(AudioFileError, match=rf"0\.{ending} cannot be written: the recording holds no sample, and"):
            denoise_file(source, tmp_path / f"0.{ending}", model=fullband_model)
        assert not (tmp_path / f"0.{ending}").exists()


@pytest.mark.parametrize("seconds", [0, 1e-4, 3])
def test_a_mix_stays_aligned(fullband_model: Path, tmp_path: Path, seconds: float) -> None:
    audio = speechlike(3, 48000, 2)[:, : round(seconds * 48000)]
    write(tmp_path / "a.wav", audio, 48000, "FLOAT")
    both = Mix([Chain([DeepDenoise(strength=0, model=fullband_model)]), Gain(0)])
    assert process_file(Pedalboard([Chain([both])]), tmp_path / "a.wav", tmp_path / "b.wav").frames == audio.shape[1]
    np.testing.assert_allclose(soundfile.read(tmp_path / "b.wav", always_2d=True)[0].T, 2 * audio, atol=1e-5)


def test_more_channels_than_a_board_takes(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", np.full((64, 4000), 0.1, np.float32), 16000, "FLOAT")
    board = Pedalboard([Chain([Mix([DeepDenoise(model=fullband_model, strength=0)])])])
    with pytest.raises(AudioFileError, match="a board with a plug-in takes up to 48 channels, not 64"):
        process_file(board, source, tmp_path / "b.wav")
    assert not (tmp_path / "b.wav").exists()
    process_file(Pedalboard([Gain(0)]), source, tmp_path / "b.wav")
    np.testing.assert_array_equal(read(tmp_path / "b.wav"), read(source))


def test_surround_and_a_board(fullband_model: Path, tmp_path: Path) -> None:
    audio = speechlike(1.6, 48000, 6)
    source = write(tmp_path / "a.wav", audio, 48000, "FLOAT")
    board = Pedalboard([DeepDenoise(model=fullband_model), Gain(-6), DeepDenoise(model=fullband_model)])
    process_file(board, source, tmp_path / "b.wav")
    np.testing.assert_allclose(read(tmp_path / "b.wav"), board(audio, 48000), atol=1e-6)


@pytest.mark.parametrize(
    ("source", "subtype", "output", "expected"),
    [
        ("a.wav", "FLOAT", "b.flac", "PCM_24"),
        ("a.wav", "PCM_32", "b.flac", "PCM_24"),
        ("a.wav", "PCM_U8", "b.flac", "PCM_S8"),
        ("a.flac", "PCM_16", "b.wav", "PCM_16"),
        ("a.wav", "ULAW", "b.flac", "PCM_16"),
        ("a.mp3", "MPEG_LAYER_III", "b.wav", "PCM_16"),
        ("a.ogg", "VORBIS", "b.flac", "PCM_16"),
        ("a.flac", "PCM_24", "b.mp3", "MPEG_LAYER_III"),
        ("a.ogg", "VORBIS", "b.opus", "OPUS"),
        ("a.opus", "OPUS", "b.ogg", "OPUS"),
    ],
)
def test_between_formats(
    fullband_model: Path, tmp_path: Path, source: str, subtype: str, output: str, expected: str
) -> None:
    path = write(tmp_path / source, speechlike(0.5, 48000), 48000, subtype)
    report = denoise_file(path, tmp_path / output, model=fullband_model)
    info = soundfile.info(report.output)
    assert (info.subtype, info.frames) == (expected, soundfile.info(path).frames)


@pytest.mark.parametrize(
    ("rate", "output", "made"), [(44100, "b.opus", 48000), (22050, "b.opus", 24000), (96000, "b.mp3", 48000)]
)
def test_a_rate_that_a_format_has_not_becomes_the_next_one(
    fullband_model: Path, tmp_path: Path, rate: int, output: str, made: int
) -> None:
    source = write(tmp_path / "a.flac", speechlike(1.5, rate), rate)
    file = mutagen.File(source)
    file["title"], file["tracknumber"] = "A talk", "3"
    file.save()
    report = denoise_file(source, tmp_path / output, model=fullband_model, strength=0)
    kind = output[2:].upper()
    assert (report.format, report.notes) == (kind, (f"{kind} has no {rate} Hz: the output has {made} Hz",))
    audio, told = reader.read(tmp_path / output)
    assert audio.shape == (1, told * 3 // 2)
    old, new = (np.fft.rfft(each, n)[:4096] for each, n in ((read(source)[0], rate * 2), (audio[0], told * 2)))
    assert np.argmax(np.fft.irfft(new * np.conj(old))) == 0
    tags = mutagen.File(tmp_path / output)
    assert [str(each) for each in tags["TIT2" if kind == "MP3" else "title"]] == ["A talk"]
    assert not any("a talk" in str(value).lower() for key, value in tags.items() if key not in ("TIT2", "title"))


# --- dither


def test_dither_decorrelates_the_rounding_error() -> None:
    """A tone of 0.4 steps vanishes when rounded; with dither it stays, in noise of a quarter step squared."""
    t = np.arange(200_000)
    tone = (0.4 * np.sin(2 * np.pi * t / 100)).astype(np.float32)
    steps = quantise(tone / 2**15, 16, np.random.default_rng(0)) / 2**16
    assert 2 * np.mean(steps * np.sin(2 * np.pi * t / 100)) == pytest.approx(0.4, abs=0.01)
    assert np.var(steps - tone) == pytest.approx(1 / 4, rel=0.02)  # rounding 1/12, triangular noise 2/12


def test_quantise_clips_and_keeps_what_fits() -> None:
    random = np.random.default_rng(0)
    np.testing.assert_array_equal(quantise(np.array([1.5, -1.5, 0.0]), 16, random), [32767 << 16, -(2**31), 0])
    grid = np.arange(-128, 128) / 128
    np.testing.assert_array_equal(quantise(grid, 8, random), np.arange(-128, 128) << 24)


def test_mp3_is_decoded_without_seams(fullband_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A decoder that starts anew at every block lacks the bits of the frames before, and says so."""
    audio, rate = soundfile.read(Path(__file__).parents[2] / "examples" / "audio" / "noisy_speech.wav")
    soundfile.write(tmp_path / "a.mp3", np.tile(audio, 8), rate)
    denoise_file(tmp_path / "a.mp3", tmp_path / "b.wav", model=fullband_model, strength=0)
    np.testing.assert_allclose(read(tmp_path / "b.wav"), read(tmp_path / "a.mp3"), atol=2**-14)
    assert capfd.readouterr().err == ""


# --- tags


def test_tags_of_flac(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.flac", speechlike(0.3, 16000), 16000)
    tags = mutagen.File(source)
    tags["title"], tags["artist"], tags["mood"] = "Ein Gespräch", ["A", "B"], "calm"
    picture = mutagen.flac.Picture()
    picture.data, picture.mime = b"\x89PNG", "image/png"
    tags.add_picture(picture)
    tags.save()
    denoise_file(source, tmp_path / "b.flac", model=fullband_model)
    copied = mutagen.File(tmp_path / "b.flac")
    assert (copied["title"], copied["artist"], copied["mood"]) == (["Ein Gespräch"], ["A", "B"], ["calm"])
    assert copied.pictures[0].data == b"\x89PNG"
    denoise_file(source, tmp_path / "b.ogg", model=fullband_model)
    assert mutagen.File(tmp_path / "b.ogg")["artist"] == ["A", "B"]
    denoise_file(source, tmp_path / "b.mp3", model=fullband_model)
    assert mutagen.File(tmp_path / "b.mp3", easy=True)["title"] == ["Ein Gespräch"]


def test_tags_of_mp3(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.mp3", speechlike(0.5, 44100), 44100)
    tags = mutagen.File(source)
    tags.add_tags()
    tags.tags.add(TIT2(encoding=3, text="Ein Gespräch"))
    tags.tags.add(APIC(mime="image/png", data=b"\x89PNG"))
    tags.save()
    denoise_file(source, tmp_path / "b.mp3", model=fullband_model)
    copied = mutagen.File(tmp_path / "b.mp3").tags
    assert copied["TIT2"].text == ["Ein Gespräch"]
    assert copied.getall("APIC")[0].data == b"\x89PNG"
    assert soundfile.info(tmp_path / "b.mp3").frames == soundfile.info(source).frames


ENDINGS = ("wav", "aiff", "flac", "mp3", "ogg", "opus")


@pytest.mark.parametrize("old", ENDINGS)
def test_tags_from_any_format_to_any_other(fullband_model: Path, tmp_path: Path, old: str) -> None:
    source = write(tmp_path / f"a.{old}", speechlike(0.3, 48000), 48000)
    tags = mutagen.File(source)
    if tags.tags is None:
        tags.add_tags()
    if old in ("wav", "aiff", "mp3"):
        tags.tags.add(TIT2(encoding=3, text="Ein Gespräch"))
        tags.tags.add(APIC(mime="image/png", data=b"\x89PNG"))
    else:
        tags["title"], tags["mood"], tags["musicbrainz_trackid"] = "Ein Gespräch", "calm", ["a", "b"]
    tags.save()
    for new in ENDINGS:
        denoise_file(source, tmp_path / f"b.{new}", model=fullband_model)
        copied = mutagen.File(tmp_path / f"b.{new}")
        title = copied["TIT2"].text if new in ("wav", "aiff", "mp3") else copied["title"]
        assert title == ["Ein Gespräch"], new


def test_a_header_that_was_never_finished_is_refused(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.3, 16000), 16000, "PCM_16")
    data = source.read_bytes()
    assert data[36:40] == b"data"
    source.write_bytes(data[:40] + bytes(4) + data[44:])
    with pytest.raises(AudioFileError, match=r"a\.wav is cut short or was never finished: 0\.30 s of audio"):
        denoise_file(source, tmp_path / "b.wav", model=fullband_model)
    assert not (tmp_path / "b.wav").exists()
    empty = write(tmp_path / "empty.wav", np.zeros((1, 0), np.float32), 16000, "PCM_16")
    assert denoise_file(empty, tmp_path / "c.wav", model=fullband_model).frames == 0


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM"])
def test_files_of_block_codecs_become_pcm(fullband_model: Path, tmp_path: Path, subtype: str) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.3, 8000), 8000, subtype)
    denoise_file(source, tmp_path / "b.wav", model=fullband_model)
    made = soundfile.info(tmp_path / "b.wav")
    assert (made.subtype, made.frames) == ("PCM_16", soundfile.info(source).frames)


@pytest.mark.parametrize(("name", "order"), [("a.wav", "<"), ("a.aiff", ">")])
def test_chunks_are_copied(fullband_model: Path, tmp_path: Path, name: str, order: str) -> None:
    """Time codes and markers of studios survive byte for byte."""
    source = write(tmp_path / name, speechlike(0.3, 16000), 16000)
    chunk = struct.pack(f"{order}4sI", b"bext", 601) + bytes(range(200)) * 3 + b"x" + b"\0"
    data = source.read_bytes() + chunk
    source.write_bytes(data[:4] + struct.pack(f"{order}I", len(data) - 8) + data[8:])
    output = tmp_path / f"out{source.suffix}"
    denoise_file(source, output, model=fullband_model)
    result = output.read_bytes()
    assert result.endswith(chunk)
    assert struct.unpack(f"{order}I", result[4:8])[0] == len(result) - 8
    assert soundfile.info(output).frames == soundfile.info(source).frames


# --- what cannot be done leaves nothing


def test_damaged_files(fullband_model: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    board = Pedalboard([DeepDenoise(model=fullband_model)])
    for message, source in damaged(tmp_path / "in").items():
        before = source.read_bytes() if source.is_file() else None
        with pytest.raises(AudioFileError, match=message.replace("slow.wav", "out/slow.wav")):
            process_file(board, source, tmp_path / "out" / source.name)
        assert before is None or source.read_bytes() == before
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("a.wav", "would replace the source"),
        ("b.xyz", r"'\.xyz' cannot be written; choose one of wav"),
        ("b", r"cannot be written; choose one of wav"),
        ("missing/b.wav", "No such file or directory"),
    ],
)
def test_outputs_that_cannot_be(fullband_model: Path, tmp_path: Path, output: str, message: str) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.1, 44100), 44100)
    before = source.read_bytes()
    with pytest.raises(AudioFileError, match=message):
        denoise_file(source, tmp_path / output, model=fullband_model)
    assert source.read_bytes() == before
    assert list(tmp_path.iterdir()) == [source]


def test_an_existing_output_stays_until_the_new_one_is_whole(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.flac", speechlike(2, 48000), 48000)
    source.write_bytes(source.read_bytes()[:-5000])
    output = write(tmp_path / "b.flac", speechlike(0.1, 48000), 48000)
    before = output.read_bytes()
    with pytest.raises(AudioFileError):
        denoise_file(source, output, model=fullband_model)
    assert output.read_bytes() == before


def test_errors_of_the_caller_leave_nothing(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.5, 48000), 48000)

    def interrupt(done: float, total: float | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        denoise_file(source, tmp_path / "b.wav", model=fullband_model, progress=interrupt)
    assert list(tmp_path.iterdir()) == [source]


def test_progress(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", speechlike(4, 48000), 48000)
    steps: list[tuple[float, float | None]] = []
    denoise_file(source, tmp_path / "b.wav", model=fullband_model, progress=lambda *step: steps.append(step))
    assert len(steps) > 2 and steps == sorted(steps) and steps[-1] == (4, 4)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        sys.platform != "linux"
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True).returncode
    ):
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg", "opus"])
def test_full_disk(fullband_model: Path, small_disk: Path, tmp_path: Path, ending: str) -> None:
    (small_disk / "other").write_bytes(bytes(2**21 - 2**16))
    noise = (0.1 * np.random.default_rng(0).standard_normal((2, 10 * 48000))).astype(np.float32)
    source = write(tmp_path / "a.wav", noise, 48000)
    before = source.read_bytes()
    with pytest.raises(AudioFileError, match="cannot be written: .*the disk is full"):
        denoise_file(source, small_disk / f"b.{ending}", model=fullband_model, strength=10)
    assert [path.name for path in small_disk.iterdir()] == ["other"]
    assert source.read_bytes() == before


def test_partial_files_of_dead_processes_are_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    stale = tmp_path / "sub" / f".a.{_unique(31)}.wav".replace(f"-{os.getpid()}.", f"-{dead.pid}.")
    living = tmp_path / f".a.{_unique(31)}.wav".replace(f"-{os.getpid()}.", f"-{os.getppid()}.")
    other = tmp_path / ".deepdenoise-notes.txt"
    stale.parent.mkdir()
    for path in (stale, living, other):
        path.touch()
    remove_partial_files(tmp_path)
    assert not stale.exists() and living.exists() and other.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_the_next_run_removes_what_a_killed_one_left(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a [1].wav", speechlike(1, 48000), 48000)
    script = (
        "import os, signal, sys\nfrom speechenh_plugin import denoise_file\n"
        "denoise_file(*sys.argv[1:3], model=sys.argv[3], progress=lambda *_: os.kill(os.getpid(), signal.SIGKILL))"
    )
    output = tmp_path / "b [1].wav"
    killed = subprocess.run([sys.executable, "-c", script, source, output, fullband_model], cwd=tmp_path)
    assert killed.returncode == -9
    assert not output.exists() and len(list(tmp_path.iterdir())) == 2
    denoise_file(source, output, model=fullband_model)
    assert set(tmp_path.iterdir()) == {source, output}


# --- Ogg Opus with the time stamps of ffmpeg


BIT_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def ogg_checksum(page: bytes | bytearray) -> int:
    """Ogg's CRC: zlib's polynomial with the bits in the other order, from 0 and without inversion."""
    crc = zlib.crc32(page.translate(BIT_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2)


def restamped(path: Path, shift: int) -> None:
    """Add to the time stamps of every third page, as ffmpeg does when a packet did not fit."""
    data = bytearray(path.read_bytes())
    position = number = 0
    while position < len(data):
        segments = data[position + 26]
        end = position + 27 + segments + sum(data[position + 27 : position + 27 + segments])
        page = data[position:end]
        if number > 1 and number % 3 == 0 and not page[5] & 4:
            struct.pack_into("<q", page, 6, struct.unpack_from("<q", page, 6)[0] + shift)
            page[22:26] = bytes(4)
            struct.pack_into("<I", page, 22, ogg_checksum(page))
            data[position:end] = page
        position, number = end, number + 1
    path.write_bytes(data)


def test_opus_of_ffmpeg_is_read_wholly(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.opus", speechlike(12, 48000), 48000, "OPUS")
    expected = read(source)
    restamped(source, 488)
    with pytest.raises((soundfile.LibsndfileError, AssertionError)):
        np.testing.assert_array_equal(read(source), expected)
    denoise_file(source, tmp_path / "b.wav", model=fullband_model, strength=0)
    np.testing.assert_allclose(read(tmp_path / "b.wav"), expected, atol=1e-4)
    denoise_file(source, tmp_path / "b.opus", model=fullband_model)
    info = soundfile.info(tmp_path / "b.opus")
    assert (info.samplerate, info.frames) == (48000, expected.shape[1])


def test_opus_of_shared_noise(fullband_model: Path, tmp_path: Path) -> None:
    shared = Path(os.environ.get("DEEPDENOISE_AUDIO", "DEEPDENOISE_AUDIO is not set"))
    source = shared / "noise" / "blanket" / "fireplace.opus"
    if not source.exists():
        pytest.skip("needs the shared noises; DEEPDENOISE_AUDIO tells where")
    report = denoise_file(source, tmp_path / "b.wav", model=fullband_model)
    assert (report.frames, report.sample_rate) == (1225805, 48000)  # as ffmpeg decodes it


# --- threads and memory


def test_effects_made_first_work_in_threads(fullband_model: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "a.flac", speechlike(2, 44100, 2), 44100)
    effects = [DeepDenoise(model=fullband_model) for _ in range(3)]
    outputs = [tmp_path / f"b{i}.flac" for i in range(3)]
    threads = [
        threading.Thread(target=process_file, args=(effect, source, output))
        for effect, output in zip(effects, outputs, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({output.read_bytes() for output in outputs}) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_file(fullband_model: Path, tmp_path: Path) -> None:
    script = (
        "import re, sys\nfrom speechenh_plugin import denoise_file\n"
        "denoise_file(sys.argv[1], sys.argv[2], model=sys.argv[3])\n"
        "print(re.search('VmHWM:[^0-9]*([0-9]+)', open('/proc/self/status').read())[1])"
    )
    peaks = []
    for seconds in (5, 120):
        source = write(tmp_path / f"{seconds}.wav", np.zeros((2, seconds * 48000), np.float32), 48000, "FLOAT")
        command = [sys.executable, "-c", script, source, tmp_path / "b.wav", fullband_model]
        run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
        peaks.append(int(run.stdout) * 1024)
    assert peaks[1] - peaks[0] < 8 * 2**20  # the longer file holds 46 MB


def test_a_partial_file_of_another_system_stays_for_a_day(tmp_path: Path) -> None:
    """The number of a process says nothing there, as in a container that writes to the same folder."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    mine = f".a.{_unique(31)}.wav"
    elsewhere = re.sub(r"-[0-9a-f]{8}-\d+\.wav$", f"-00000000-{dead.pid}.wav", mine)
    paths = [tmp_path / mine, tmp_path / elsewhere, tmp_path / f"{elsewhere[:-4]}.flac"]
    for path in paths:
        path.touch()
    os.utime(paths[2], (0, 0))
    remove_partial_files(tmp_path)
    assert [path.exists() for path in paths] == [True, True, False]


@pytest.mark.parametrize("ending", ["htk", "raw", "sd2", "wve", "xi"])
def test_formats_that_would_change_the_rate_are_refused(tmp_path: Path, ending: str) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.2, 16000), 16000)
    with pytest.raises(AudioFileError, match=f"files ending in '.{ending}' cannot be written; choose one of"):
        denoise_file(source, tmp_path / f"b.{ending}")


def test_a_mistake_in_progress_is_its_callers(tmp_path: Path) -> None:
    def progress(done: float, total: float | None) -> None:
        raise ValueError("mine")

    source = write(tmp_path / "a.wav", speechlike(0.2, 16000), 16000)
    with pytest.raises(ValueError, match="^mine$"):
        denoise_file(source, tmp_path / "b.wav", progress=progress)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_samples_that_are_clipped_are_told(tmp_path: Path) -> None:
    loud = write(tmp_path / "a.wav", 20 * speechlike(1, 16000), 16000, subtype="FLOAT")
    report = denoise_file(loud, tmp_path / "b.flac", strength=0)
    (note,) = report.notes
    beyond = np.count_nonzero(np.abs(soundfile.read(loud)[0]) > 1)
    assert beyond and note == f"{beyond} samples beyond full scale are clipped: WAV keeps them"
    assert denoise_file(loud, tmp_path / "b.wav", strength=0).notes == ()


def test_a_source_that_goes_away_costs_its_tags_alone(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.2, 16000), 16000)

    class Moving:
        def process(self, audio: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True):
            source.unlink(missing_ok=True)
            return audio

        def reset(self) -> None:
            pass

    report = process_file(Moving(), source, tmp_path / "b.wav")
    assert report.frames == 3200 and "the tags could not be carried" in report.notes[0]
