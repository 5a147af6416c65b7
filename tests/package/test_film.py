"""Films keep their picture, and the sound its place in time."""

import json
import struct
import subprocess
from pathlib import Path

import containers
import numpy as np
import pytest
import soundfile
from commands import DEEPDENOISE
from sounds import speechlike

from speechenh_plugin import AudioFileError, denoise_file
from speechenh_plugin.audio import reader
from speechenh_plugin.cli.compare import _read

pytestmark = pytest.mark.skipif(not containers.available(), reason="needs the ffmpeg program")

RATE = 44100


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds with B-frames, a title, two chapters; the sound begins 0.5 s after the picture."""
    folder = tmp_path_factory.mktemp("film")
    soundfile.write(folder / "a.wav", speechlike(3, RATE, 2).T, RATE)
    (folder / "chapters.txt").write_text(
        ";FFMETADATA1\ntitle=A talk\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=Greeting\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=3500\ntitle=Talk\n"
    )
    picture = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=25:duration=3.6"]
    inputs = ["-itsoffset", "0.5", "-i", "a.wav", *picture, "-i", "chapters.txt", "-map_metadata", "2"]
    how = ["-map", "1:v", "-map", "0:a", "-c:v", "libx264", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "aac", "a.mp4"]
    ffmpeg(folder, *inputs, *how)
    return folder / "a.mp4"


def ffmpeg(folder: Path, *arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", *arguments], cwd=folder, check=True)


def probe(path: Path, *what: str) -> dict[str, list[dict[str, str]]]:
    done = subprocess.run(["ffprobe", "-v", "error", *what, "-of", "json", path], capture_output=True, check=True)
    return json.loads(done.stdout)


def pictures(path: Path) -> list[float]:
    packets = probe(path, "-select_streams", "v", "-show_entries", "packet=pts_time,size")["packets"]
    return sorted(float(packet["pts_time"]) for packet in packets)


def sound(path: Path) -> np.ndarray:
    """The sound from the clock's zero on."""
    to_zero = ["-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", path, *to_zero], capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.float32)


def lag(path: Path, source: Path) -> int:
    """By how many samples one sound comes after another."""
    spectra = [np.fft.rfft(sound(each), 2**19) for each in (path, source)]
    correlation = np.fft.irfft(spectra[0] * np.conj(spectra[1]))
    found = int(np.argmax(correlation))
    return found if found < 2**18 else found - 2**19


@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_picture_and_time_are_kept(fullband_model: Path, film: Path, tmp_path: Path, ending: str) -> None:
    output = tmp_path / f"b.{ending}"
    report = denoise_file(film, output, model=fullband_model, strength=0)
    assert report.notes == () and report.format == "AAC"
    kinds = [stream["codec_name"] for stream in probe(output, "-show_entries", "stream=codec_name")["streams"]]
    assert kinds[:2] == ["h264", "aac"]
    assert pictures(output) == pictures(film)
    assert lag(output, film) == 0
    chapters = probe(output, "-show_chapters")["chapters"]
    assert [chapter["tags"]["title"] for chapter in chapters] == ["Greeting", "Talk"]
    assert probe(output, "-show_format")["format"]["tags"]["title"] == "A talk"


def test_matroska_keeps_time_to_a_millisecond(fullband_model: Path, film: Path, tmp_path: Path) -> None:
    first = tmp_path / "a.mkv"  # with packets of which no one says when they are decoded
    ffmpeg(tmp_path, "-i", film, "-c", "copy", first)
    denoise_file(first, tmp_path / "b.mkv", model=fullband_model, strength=0)
    denoise_file(first, tmp_path / "b.mp4", model=fullband_model, strength=0)
    for output in (tmp_path / "b.mkv", tmp_path / "b.mp4"):
        assert len(pictures(output)) == len(pictures(first))
        moved = pictures(output)[0] - pictures(first)[0]
        assert abs(lag(output, first) / RATE - moved) < 0.0015


def test_sound_alone_is_taken_out_of_a_film(fullband_model: Path, film: Path, tmp_path: Path) -> None:
    for ending in ("m4a", "wav"):
        report = denoise_file(film, tmp_path / f"b.{ending}", model=fullband_model)
        assert any("the picture is left out" in note for note in report.notes)
        streams = probe(tmp_path / f"b.{ending}", "-show_entries", "stream=codec_type")["streams"]
        assert "video" not in [stream["codec_type"] for stream in streams]


@pytest.mark.parametrize("ending", ["wav", "m4a", "flac"])
def test_sound_taken_out_of_a_film_keeps_its_place(
    fullband_model: Path, film: Path, tmp_path: Path, ending: str
) -> None:
    output = tmp_path / f"b.{ending}"
    report = denoise_file(film, output, model=fullband_model, strength=0)
    late = float(probe(film, "-select_streams", "a", "-show_entries", "stream=start_time")["streams"][0]["start_time"])
    told = f"a.mp4 begins {late:.2f} s after the picture: silence is put before it"
    assert 0.4 < late < 0.6 and any(told in note for note in report.notes)
    assert lag(output, film) == 0
    assert _read(str(output), 9)[0].shape == _read(str(film), 9)[0].shape


def test_a_container_that_cannot_hold_the_picture_is_refused(fullband_model: Path, film: Path, tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match=r"b\.webm cannot hold the picture \(h264\)"):
        denoise_file(film, tmp_path / "b.webm", model=fullband_model)
    assert list(tmp_path.iterdir()) == []


def test_m4a_stays_as_long(fullband_model: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(2, 48000).T, 48000)
    ffmpeg(tmp_path, "-i", "a.wav", "-metadata", "title=A memo", "a.m4a")
    report = denoise_file(tmp_path / "a.m4a", tmp_path / "b.m4a", model=fullband_model, strength=0)
    assert report.frames == 96000 <= containers.oracle(tmp_path / "b.m4a")
    for name in ("a.m4a", "b.m4a"):
        assert probe(tmp_path / name, "-show_streams")["streams"][0]["duration_ts"] == 96000
    assert reader.read(tmp_path / "b.m4a")[0].shape == (1, 96000)
    assert lag(tmp_path / "b.m4a", tmp_path / "a.m4a") == 0
    assert probe(tmp_path / "b.m4a", "-show_format")["format"]["tags"]["title"] == "A memo"


@pytest.mark.parametrize(
    ("source", "codec", "output", "made"),
    [
        ("a.mov", "pcm_f32le", "b.mov", "PCM_S24LE"),
        ("a.mkv", "pcm_u8", "b.mkv", "PCM_S16LE"),
        ("a.mkv", "flac", "b.mp4", "ALAC"),
        ("a.mkv", "flac", "b.mkv", "PCM_S24LE"),
    ],
)
def test_sound_without_loss_stays_so(
    fullband_model: Path, film: Path, tmp_path: Path, source: str, codec: str, output: str, made: str
) -> None:
    ffmpeg(tmp_path, "-i", film, "-c:v", "copy", "-c:a", codec, source)
    report = denoise_file(tmp_path / source, tmp_path / output, model=fullband_model, strength=0)
    assert (report.format, report.notes) == (made, ())
    assert containers.oracle(tmp_path / output) == report.frames


def test_sound_that_cannot_stay_without_loss_is_told(fullband_model: Path, film: Path, tmp_path: Path) -> None:
    ffmpeg(tmp_path, "-i", film, "-c:v", "libvpx", "-b:v", "100k", "-c:a", "flac", "a.mkv")
    report = denoise_file(tmp_path / "a.mkv", tmp_path / "b.webm", model=fullband_model)
    assert report.notes[0] == "the sound was PCM_24: the output is opus"


def test_the_last_samples_of_ac3_are_there(fullband_model: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(2, 48000)[:, : 60 * 1536].T, 48000)
    picture = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=25:duration=1.92"]
    ffmpeg(tmp_path, "-i", "a.wav", *picture, "-c:v", "mpeg4", "-c:a", "ac3", "a.mkv")
    report = denoise_file(tmp_path / "a.mkv", tmp_path / "b.mkv", model=fullband_model, strength=0)
    assert report.format == "AC3" and containers.oracle(tmp_path / "b.mkv") >= report.frames


def test_the_first_samples_of_wma_are_there(fullband_model: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(2, RATE).T, RATE)
    report = denoise_file(tmp_path / "a.wav", tmp_path / "b.wma", model=fullband_model, strength=0)
    assert report.notes == ("WMA states no exact length: silence may surround the sound; m4a is exact",)
    made, source = (reader.read(tmp_path / name)[0][0] for name in ("b.wma", "a.wav"))
    assert len(made) >= report.frames
    assert np.corrcoef(made[:4096], source[:4096])[0, 1] > 0.9
    assert np.corrcoef(made[len(source) - 2048 : len(source)], source[-2048:])[0, 1] > 0.9


def test_a_custom_order_of_channels_does_not_end_the_process(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(1, 48000, 6).T, 48000)
    ffmpeg(tmp_path, "-i", "a.wav", "-af", "channelmap=channel_layout=5.1", "-c:a", "pcm_s16le", "a.mov")
    data = bytearray((tmp_path / "a.mov").read_bytes())
    struct.pack_into(">III", data, data.index(b"chan") + 8, (122 << 16) | 6, 0, 0)  # MPEG 5.1 B: L R Ls Rs C LFE
    (tmp_path / "b.mov").write_bytes(data)
    audio = reader.read(tmp_path / "b.mov")[0]
    np.testing.assert_allclose(audio, reader.read(tmp_path / "a.mov")[0][[0, 1, 4, 5, 2, 3]], atol=1e-4)


def test_float_of_wavpack_stays_float(tmp_path: Path, fullband_model: Path) -> None:
    soundfile.write(tmp_path / "a.wav", 8 * speechlike(1, 48000).T, 48000, subtype="FLOAT")
    ffmpeg(tmp_path, "-i", "a.wav", "-sample_fmt", "fltp", "a.wv")
    report = denoise_file(tmp_path / "a.wv", tmp_path / "b.wav", model=fullband_model, strength=0)
    assert report.format == "FLOAT" and np.abs(soundfile.read(tmp_path / "b.wav")[0]).max() > 1


def test_what_an_avi_says_is_carried(tmp_path: Path, fullband_model: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(1, 48000).T, 48000)
    ffmpeg(tmp_path, "-i", "a.wav", "-metadata", "title=A talk", "a.avi")
    for ending in ("mp3", "flac", "mka"):
        report = denoise_file(tmp_path / "a.avi", tmp_path / f"b.{ending}", model=fullband_model)
        assert not any("could not be carried" in note for note in report.notes)
        told = probe(tmp_path / f"b.{ending}", "-show_format")["format"]["tags"]
        assert {key.lower(): value for key, value in told.items()}["title"] == "A talk"


@pytest.mark.parametrize("made", ["a.flv", "a.mpg", "a.vob", "a.voc", "a.mpg in a pipe"])
def test_containers_whose_tracks_turn_up_later(fullband_model: Path, film: Path, tmp_path: Path, made: str) -> None:
    name = made.partition(" ")[0]
    codec = {"flv": "aac", "voc": "pcm_s16le"}.get(name[2:], "mp2")
    picture = [] if name == "a.voc" else ["-c:v", "mpeg1video" if codec == "mp2" else "flv"]
    ffmpeg(tmp_path, "-i", film, *picture, "-c:a", codec, name)
    with (tmp_path / name).open("rb") as file:
        source = "-" if "pipe" in made else name
        command = [*DEEPDENOISE, source, "-o", "b.wav", "--model", str(fullband_model), "--strength", "0"]
        done = subprocess.run(command, cwd=tmp_path, stdin=file, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seconds = 3.5 if picture else 3  # before which the picture begins
    assert soundfile.info(tmp_path / "b.wav").duration == pytest.approx(seconds, abs=0.1)


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_of_several_sound_tracks_players_take_the_denoised_one(
    fullband_model: Path, film: Path, tmp_path: Path, ending: str
) -> None:
    ffmpeg(tmp_path, "-i", film, "-map", "0:v", "-map", "0:a", "-map", "0:a", "-c", "copy", f"a.{ending}")
    denoise_file(tmp_path / f"a.{ending}", tmp_path / f"b.{ending}", model=fullband_model)
    streams = probe(tmp_path / f"b.{ending}", "-select_streams", "a", "-show_streams")["streams"]
    assert [stream["disposition"]["default"] for stream in streams] == [1, 0]  # type: ignore[index]


def test_the_title_of_a_track_is_not_that_of_the_film(fullband_model: Path, film: Path, tmp_path: Path) -> None:
    named = ["-map_metadata", "-1", "-metadata:s:a", "title=English 2.0", "-metadata:s:a", "language=eng"]
    ffmpeg(tmp_path, "-i", film, "-map", "0:v", "-map", "0:a", "-c", "copy", *named, "a.mkv")
    ffmpeg(tmp_path, "-i", film, "-map", "0:a", "-c", "copy", *named, "a.mka")
    for source, output, told in (("a.mkv", "b.mkv", []), ("a.mkv", "b.mp3", []), ("a.mka", "b.mp3", ["English 2.0"])):
        denoise_file(tmp_path / source, tmp_path / output, model=fullband_model)
        tags = probe(tmp_path / output, "-show_format")["format"].get("tags", {})
        assert [value for key, value in tags.items() if key.lower() in ("title", "language")][:1] == told
    sound = probe(tmp_path / "b.mkv", "-select_streams", "a", "-show_streams")["streams"][0]["tags"]
    assert (sound["title"], sound["language"]) == ("English 2.0", "eng")


@pytest.mark.parametrize(("first", "second", "taken"), [("default", "default", 1), ("0", "default", 2)])
def test_the_first_default_track_is_denoised(tmp_path: Path, first: str, second: str, taken: int) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(1, RATE).T, RATE)
    tracks = ["-i", "a.wav", "-i", "a.wav", "-map", "0", "-map", "1", "-c:a", "aac", "-b:a:0", "32k", "-b:a:1", "160k"]
    ffmpeg(tmp_path, *tracks, "-disposition:a:0", first, "-disposition:a:1", second, "a.mov")
    (note,) = seconds_and_notes(tmp_path / "a.mov")[1]
    assert note.endswith(f"a.mov holds 2 sound tracks: track {taken - 1} is denoised")


@pytest.mark.parametrize("source", ["a.mp4", "a.mkv"])
def test_hevc_has_the_tag_that_every_player_takes(
    fullband_model: Path, film: Path, tmp_path: Path, source: str
) -> None:
    tag = ["-tag:v", "hvc1"] if source == "a.mp4" else []
    ffmpeg(tmp_path, "-i", film, "-c:v", "libx265", "-x265-params", "log-level=none", *tag, "-c:a", "copy", source)
    denoise_file(tmp_path / source, tmp_path / "b.mp4", model=fullband_model)
    streams = probe(tmp_path / "b.mp4", "-select_streams", "v", "-show_streams")["streams"]
    assert streams[0]["codec_tag_string"] == "hvc1"


@pytest.mark.parametrize(("source", "output"), [("a.mkv", "b.mkv"), ("a.mkv", "b.mp4"), ("a.mp4", "b.mkv")])
@pytest.mark.parametrize("picture", ["png", "jpg"])
def test_a_cover_of_a_film_stays_a_cover(
    fullband_model: Path, film: Path, tmp_path: Path, source: str, output: str, picture: str
) -> None:
    ffmpeg(tmp_path, "-f", "lavfi", "-i", "testsrc=size=64x64", "-frames:v", "1", f"c.{picture}")
    if source == "a.mkv":
        mime = "image/png" if picture == "png" else "image/jpeg"
        ffmpeg(
            tmp_path, "-i", film, "-c", "copy", "-attach", f"c.{picture}", "-metadata:s:t", f"mimetype={mime}", source
        )
    else:
        cover = ["-i", f"c.{picture}", "-map", "0:v", "-map", "0:a", "-map", "1", "-disposition:v:1", "attached_pic"]
        ffmpeg(tmp_path, "-i", film, *cover, "-c", "copy", source)
    report = denoise_file(tmp_path / source, tmp_path / output, model=fullband_model)
    assert report.notes == ()
    streams = probe(tmp_path / output, "-select_streams", "v", "-show_streams")["streams"]
    assert [stream["disposition"]["attached_pic"] for stream in streams] == [0, 1]  # type: ignore[index]
    kept = tmp_path / f"kept.{picture}"
    ffmpeg(tmp_path, "-i", output, "-map", "0:v:1", "-c", "copy", "-f", "image2", "-update", "1", kept)
    assert kept.read_bytes() == (tmp_path / f"c.{picture}").read_bytes()


def test_a_font_is_told_where_there_is_no_place_for_it(fullband_model: Path, film: Path, tmp_path: Path) -> None:
    (tmp_path / "f.ttf").write_bytes(bytes(100))
    attached = ["-attach", "f.ttf", "-metadata:s:t", "mimetype=application/x-truetype-font"]
    ffmpeg(tmp_path, "-i", film, "-map", "0", "-map", "-0:d", "-c", "copy", *attached, "a.mkv")
    report = denoise_file(tmp_path / "a.mkv", tmp_path / "b.mp4", model=fullband_model)
    assert report.notes == ("its attachment track 2 is left out: this format cannot hold it",)
    assert denoise_file(tmp_path / "a.mkv", tmp_path / "b.mkv", model=fullband_model).notes == ()
    kinds = [stream["codec_type"] for stream in probe(tmp_path / "b.mkv", "-show_streams")["streams"]]
    assert kinds == ["video", "audio", "attachment"]


def test_another_track_that_a_container_cannot_hold_is_left_out(
    fullband_model: Path, film: Path, tmp_path: Path
) -> None:
    tracks = ["-map", "0:v", "-map", "0:a", "-map", "0:a", "-c:v", "copy", "-c:a:0", "copy", "-c:a:1", "pcm_s16le"]
    ffmpeg(tmp_path, "-i", film, *tracks, "-disposition:a:0", "default", "-disposition:a:1", "0", "a.mkv")
    report = denoise_file(tmp_path / "a.mkv", tmp_path / "b.mp4", model=fullband_model)
    assert report.notes[-1] == "its audio track 2 is left out: this format cannot hold it"


def test_tracks_that_mov_refuses_late_are_left_out(fullband_model: Path, film: Path, tmp_path: Path) -> None:
    tracks = [
        "-map",
        "0:v",
        *["-map", "0:a"] * 3,
        "-c:v",
        "copy",
        "-c:a:0",
        "copy",
        "-c:a:1",
        "libopus",
        "-c:a:2",
        "flac",
    ]
    ffmpeg(tmp_path, "-i", film, *tracks, "-disposition:a:0", "default", "a.mkv")
    report = denoise_file(tmp_path / "a.mkv", tmp_path / "b.mov", model=fullband_model)
    assert report.notes[1:] == tuple(
        f"its audio track {index} is left out: this format cannot hold it" for index in (2, 3)
    )
    ffmpeg(tmp_path, "-i", film, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "copy", "v.mkv")
    with pytest.raises(AudioFileError, match=r"v\.mov cannot hold the picture \(vp9\); choose mkv"):
        denoise_file(tmp_path / "v.mkv", tmp_path / "v.mov", model=fullband_model)


def test_flac_within_ogg_stays_flac(fullband_model: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(2, 48000).T, 48000, subtype="PCM_24")
    ffmpeg(tmp_path, "-i", "a.wav", "-c:a", "flac", "-metadata", "title=A talk", "a.oga")
    report = denoise_file(tmp_path / "a.oga", tmp_path / "b.oga", model=fullband_model, strength=0)
    assert (report.format, report.notes) == ("FLAC", ())
    np.testing.assert_array_equal(reader.read(tmp_path / "b.oga")[0], reader.read(tmp_path / "a.oga")[0])
    assert probe(tmp_path / "b.oga", "-show_streams")["streams"][0]["tags"]["title"] == "A talk"  # type: ignore[index]


@pytest.mark.parametrize("behind", [b"TAG" + bytes(125), bytes(500), bytes(range(1, 256))])
def test_what_follows_the_last_frame_of_flac_is_no_damage(fullband_model: Path, tmp_path: Path, behind: bytes) -> None:
    soundfile.write(tmp_path / "a.flac", speechlike(1, 48000).T, 48000)
    (tmp_path / "b.flac").write_bytes((tmp_path / "a.flac").read_bytes() + behind)
    report = denoise_file(tmp_path / "b.flac", tmp_path / "c.flac", model=fullband_model, strength=0)
    assert (report.frames, report.notes) == (48000, ())
    np.testing.assert_array_equal(reader.read(tmp_path / "c.flac")[0], reader.read(tmp_path / "a.flac")[0])


@pytest.mark.parametrize(
    ("name", "codec"), [("a.webm", "libopus"), ("a.mka", "flac"), ("a.m4a", "aac"), ("a.ts", "aac"), ("a.wma", "wmav2")]
)
def test_a_gap_in_sound_without_a_picture_is_filled(tmp_path: Path, name: str, codec: str) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(4, 48000).T, 48000)
    ffmpeg(tmp_path, "-i", "a.wav", "-c:a", codec, f"whole-{name}")
    ffmpeg(tmp_path, "-i", "a.wav", "-af", "aselect='not(between(t,1,2.5))'", "-c:a", codec, name)
    assert seconds_and_notes(tmp_path / f"whole-{name}") == (pytest.approx(4, abs=0.06), [])
    seconds, (note,) = seconds_and_notes(tmp_path / name)
    assert seconds == pytest.approx(4, abs=0.06) and "has a gap of 1.49 s in its sound" in note
    assert not reader.read(tmp_path / name, 60000, 48000)[0].any()


def seconds_and_notes(path: Path) -> tuple[float, list[str]]:
    opened = reader.open_reader(path)
    try:
        return sum(block.shape[1] for block in opened.blocks(65536)) / opened.sample_rate, opened.notes
    finally:
        opened.close()


def test_a_clock_that_runs_faster_than_the_samples_leaves_no_gap(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(4, 48000).T, 48000)
    ffmpeg(tmp_path, "-i", "a.wav", "-c:a", "libopus", "-bsf:a", "setts=ts=TS*1.05", "a.webm")
    assert seconds_and_notes(tmp_path / "a.webm") == (pytest.approx(4, abs=0.05), [])


def test_gaps_are_told_in_one_sentence(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(4, 48000).T, 48000)
    ffmpeg(tmp_path, "-i", "a.wav", "-af", "aselect='gt(mod(t,1),0.4)'", "-c:a", "flac", "a.mka")
    assert [note.partition("has ")[2] for note in seconds_and_notes(tmp_path / "a.mka")[1]] == [
        "3 gaps of together 1.19 s in its sound"
    ]


@pytest.mark.parametrize(("name", "ahead"), [("a.ts", 0), ("a.ts", 500), ("a.mpg", 0)])
def test_parts_that_were_joined_follow_each_other(
    fullband_model: Path, film: Path, tmp_path: Path, name: str, ahead: int
) -> None:
    codecs = ["-c:v", "mpeg2video", "-bf", "2", "-c:a", "mp2"]
    ffmpeg(tmp_path, "-i", film, *codecs, name)
    ffmpeg(tmp_path, "-i", film, *codecs, "-output_ts_offset", str(ahead), f"ahead-{name}")
    parts = [(tmp_path / each).read_bytes() for each in (name, f"ahead-{name}", name)]
    (tmp_path / f"joined-{name}").write_bytes(b"".join(parts))
    report = denoise_file(tmp_path / f"joined-{name}", tmp_path / "b.mkv", model=fullband_model, strength=0)
    told = "joined-" + name + " is joined of parts with clocks of their own: each part follows the one before"
    assert told in report.notes[0]
    assert 9 < report.frames / report.sample_rate < 11.5
    times = pictures(tmp_path / "b.mkv")
    assert len(times) == 3 * len(pictures(film)) and max(np.diff(times)) < 0.7
    made, later = sound(tmp_path / "b.mkv"), times[len(times) // 3] - times[0]
    spoken = made[RATE : 2 * RATE]
    for number in (1, 2):  # the sound of the later parts stays where it was beside the picture
        there = round(RATE * (1 + number * later)) - RATE // 4
        heard = np.correlate(made[there : there + RATE * 3 // 2], spoken)
        assert abs(np.argmax(heard) / RATE - 0.25) < 0.04


def test_a_time_stamp_far_ahead_is_damage(fullband_model: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speechlike(4, 48000).T, 48000)
    jump = ["-bsf:a", "setts=ts=TS+gt(TS\\,2000)*86401000"]
    ffmpeg(tmp_path, "-i", "a.wav", "-c:a", "flac", *jump, "a.mka")
    jumps = (
        r"a\.mka is damaged at 2\.02 s \(the time stamps of its sound jump ahead by 8640\d s\); to save what there is"
    )
    with pytest.raises(AudioFileError, match=jumps):
        denoise_file(tmp_path / "a.mka", tmp_path / "b.wav", model=fullband_model)
    report = denoise_file(tmp_path / "a.mka", tmp_path / "b.wav", model=fullband_model, incomplete="keep")
    assert report.frames == 4 * 48000 and len(report.notes) == 1
