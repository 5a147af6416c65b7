"""Tags between formats: text, covers and chapters come along; gains and loudness of the old audio do not."""

import io
import struct
import subprocess
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
import soundfile
from av.stream import Disposition
from commands import DEEPDENOISE
from mutagen.flac import CueSheet, CueSheetTrack, CueSheetTrackIndex, MetadataBlock
from mutagen.id3 import APIC, CHAP, COMM, CTOC, ID3, RVA2, TIT2, TXXX, CTOCFlags
from recordings import write
from sounds import speechlike

from speechenh_plugin import process_file
from speechenh_plugin.audio.tags.stale import is_stale

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


class Same:
    """An effect that does nothing."""

    def process(self, audio: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> np.ndarray:
        return audio

    def reset(self) -> None:
        pass


@pytest.mark.parametrize(
    "name",
    [
        "replaygain_track_gain",
        "TXXX:REPLAYGAIN_ALBUM_PEAK",
        "----:com.apple.iTunes:replaygain_track_gain",
        "----:com.apple.iTunes:iTunNORM",
        "COMM:iTunNORM:eng",
        "RVA2:track",
        "R128_TRACK_GAIN",
        "TXXX:MP3GAIN_MINMAX",
        "WM/PeakValue",
        "LOUDNESS_RANGE",
        "encoder",
    ],
)
def test_names_of_what_was_measured(name: str) -> None:
    assert is_stale(name)


@pytest.mark.parametrize("name", ["title", "TIT2", "©nam", "comment", "COMM::eng", "gainsborough", "TRCK", "private"])
def test_names_of_what_stays(name: str) -> None:
    assert not is_stale(name)


def tagged_mp3(folder: Path) -> Path:
    source = write(folder / "a.mp3", speechlike(2, 44100), 44100)
    tags = ID3()
    tags.add(TIT2(encoding=3, text="Ein Gespräch"))
    tags.add(TXXX(encoding=3, desc="replaygain_track_gain", text="-7.2 dB"))
    tags.add(TXXX(encoding=3, desc="mood", text="calm"))
    tags.add(COMM(encoding=3, lang="eng", desc="iTunNORM", text=" 00001"))
    tags.add(COMM(encoding=3, lang="eng", desc="", text="recorded outside"))
    tags.add(RVA2(desc="track", channel=1, gain=-3, peak=1))
    tags.add(APIC(encoding=3, mime="image/png", type=3, desc="", data=PNG))
    for number, title in enumerate(("Greeting", "Talk")):
        title_frame = [TIT2(encoding=3, text=title)]
        tags.add(
            CHAP(
                element_id=f"c{number}", start_time=1000 * number, end_time=1000 * number + 1000, sub_frames=title_frame
            )
        )
    tags.add(CTOC(element_id="toc", flags=CTOCFlags.TOP_LEVEL, child_element_ids=["c0", "c1"], sub_frames=[]))
    tags.save(source)
    return source


@pytest.mark.parametrize("ending", ["mp3", "m4a", "flac", "ogg", "opus", "wav", "aiff"])
def test_text_cover_and_chapters_of_mp3(tmp_path: Path, ending: str) -> None:
    source = tagged_mp3(tmp_path)
    if ending == "opus":
        audio = soundfile.read(source)[0]
        soundfile.write(tmp_path / "b.mp3", audio, 48000)
        ID3(source).save(tmp_path / "b.mp3")
        source = tmp_path / "b.mp3"
    report = process_file(Same(), source, tmp_path / f"c.{ending}")
    assert report.notes == ()
    made = mutagen.File(tmp_path / f"c.{ending}")
    everything = f"{made.tags.pprint()}".lower()
    assert "ein gespräch" in everything and "calm" in everything and "recorded outside" in everything
    assert "replaygain" not in everything and "itunnorm" not in everything and "rva2" not in everything
    if ending in ("flac", "ogg", "opus"):
        assert made["chapter001name"] == ["Talk"] and made["chapter001"] == ["00:00:01.000"]
        assert ending != "flac" or made.pictures[0].data == PNG
        assert ending == "flac" or "metadata_block_picture" in made
    elif ending == "m4a":
        assert bytes(made["covr"][0]) == PNG
    else:
        assert made.tags.getall("APIC")[0].data == PNG
        chapters = sorted(made.tags.getall("CHAP"), key=lambda frame: frame.start_time)
        assert [str(frame.sub_frames["TIT2"]) for frame in chapters] == ["Greeting", "Talk"]


@pytest.mark.parametrize(("source", "output"), [("a.m4a", "b.flac"), ("a.flac", "b.m4a"), ("a.m4a", "b.m4a")])
def test_apple_and_comments(tmp_path: Path, source: str, output: str) -> None:
    plain = write(tmp_path / "plain.wav", speechlike(1, 44100), 44100)
    process_file(Same(), plain, tmp_path / source)
    tags = mutagen.File(tmp_path / source)
    if source.endswith("m4a"):
        tags["\xa9nam"], tags["trkn"] = "A talk", [(3, 9)]
        tags["----:com.apple.iTunes:iTunNORM"] = [b" 000"]
    else:
        tags["title"], tags["tracknumber"], tags["replaygain_track_gain"] = "A talk", "3/9", "-3 dB"
    tags.save()
    process_file(Same(), tmp_path / source, tmp_path / output)
    made = mutagen.File(tmp_path / output)
    if output.endswith("m4a"):
        assert made["\xa9nam"] == ["A talk"] and made["trkn"] == [(3, 9)]
    else:
        assert made["title"] == ["A talk"] and made["tracknumber"] == ["3/9"]
    assert "norm" not in made.tags.pprint().lower() and "replaygain" not in made.tags.pprint().lower()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack("<4sI", name, len(data)) + data + b"\0" * (len(data) % 2)


def with_chunks(path: Path, *chunks: bytes) -> Path:
    write(path, speechlike(0.3, 16000), 16000)
    data = path.read_bytes() + b"".join(chunks)
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    return path


def test_loudness_in_chunks_of_wav_is_cleared(tmp_path: Path) -> None:
    bext = bytearray(602)
    bext[:6] = b"A talk"
    struct.pack_into("<H", bext, 346, 2)
    struct.pack_into("<5h", bext, 412, -2300, 700, -100, -1800, -2000)
    tags = io.BytesIO()
    id3 = ID3()
    id3.add(TIT2(encoding=3, text="A talk"))
    id3.add(TXXX(encoding=3, desc="REPLAYGAIN_TRACK_GAIN", text="-7 dB"))
    id3.save(tags)
    ixml = b"<BWFXML><NOTE>n</NOTE><BEXT><BWF_LOUDNESS_VALUE>-23</BWF_LOUDNESS_VALUE></BEXT></BWFXML>"
    source = with_chunks(
        tmp_path / "a.wav",
        chunk(b"bext", bytes(bext)),
        chunk(b"levl", bytes(120)),
        chunk(b"id3 ", tags.getvalue()),
        chunk(b"iXML", ixml),
        chunk(b"cue ", bytes(4)),
    )
    process_file(Same(), source, tmp_path / "b.wav")
    made = (tmp_path / "b.wav").read_bytes()
    at = made.index(b"bext") + 8
    assert made[at : at + 6] == b"A talk"
    assert struct.unpack_from("<5H", made, at + 412) == (0x7FFF,) * 5
    assert b"levl" not in made and b"LOUDNESS" not in made and b"REPLAYGAIN" not in made
    assert b"<NOTE>n</NOTE>" in made and b"cue " in made
    assert str(mutagen.File(tmp_path / "b.wav").tags["TIT2"]) == "A talk"
    assert struct.unpack_from("<I", made, 4)[0] == len(made) - 8


def test_info_of_wav_becomes_text(tmp_path: Path) -> None:
    info = b"INFO" + chunk(b"INAM", b"A talk\0") + chunk(b"IART", "Gruß\0".encode("cp1252"))
    source = with_chunks(tmp_path / "a.wav", chunk(b"LIST", info))
    process_file(Same(), source, tmp_path / "b.flac")
    made = mutagen.File(tmp_path / "b.flac")
    assert made["title"] == ["A talk"] and made["artist"] == ["Gruß"]


def test_zeros_after_the_audio_are_no_chunks(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.3, 16000), 16000)
    size = source.stat().st_size
    with source.open("r+b") as file:
        file.truncate(size + 2**22)
    process_file(Same(), source, tmp_path / "b.wav")
    assert (tmp_path / "b.wav").stat().st_size == size


@pytest.mark.parametrize("text", [b"abc\n", "Ein Gespräch, draußen\r\n".encode() * 50])
def test_text_after_the_audio_is_none(tmp_path: Path, text: bytes) -> None:
    source = write(tmp_path / "a.wav", speechlike(0.3, 16000), 16000)
    with source.open("ab") as file:
        file.write(text)
    report = process_file(Same(), source, tmp_path / "b.wav")
    assert report.frames == 4800 and "a.wav holds text after its end, which is left out" in report.notes[0]
    with source.open("rb") as file:
        command = [*DEEPDENOISE, "-", "-o", tmp_path / "c.wav", "--strength", "0"]
        subprocess.run(list(map(str, command)), stdin=file, check=True)
    assert soundfile.info(tmp_path / "c.wav").frames == 4800


def test_chunks_after_audio_without_its_padding(tmp_path: Path) -> None:
    info = chunk(b"LIST", b"INFO" + chunk(b"INAM", b"A talk\0"))
    soundfile.write(tmp_path / "a.wav", speechlike(1, 16000)[0, :8001], 16000, subtype="PCM_U8")
    data = (tmp_path / "a.wav").read_bytes()
    data = data[: data.index(b"data") + 8 + 8001] + info
    (tmp_path / "a.wav").write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    assert process_file(Same(), tmp_path / "a.wav", tmp_path / "b.wav").frames == 8001
    assert b"A talk" in (tmp_path / "b.wav").read_bytes()
    process_file(Same(), tmp_path / "a.wav", tmp_path / "b.flac")
    assert mutagen.File(tmp_path / "b.flac")["title"] == ["A talk"]


def test_a_cue_sheet_of_flac_stays(tmp_path: Path) -> None:
    write(tmp_path / "a.flac", speechlike(1, 44100), 44100)
    file = mutagen.File(tmp_path / "a.flac")
    sheet = CueSheet(None)
    for number, offset in ((1, 0), (2, 22050), (170, 44100)):
        track = CueSheetTrack(number, offset)
        track.indexes.append(CueSheetTrackIndex(1, 0)) if number != 170 else None
        sheet.tracks.append(track)
    file.metadata_blocks.append(sheet)
    file.cuesheet = sheet
    file.save()
    process_file(Same(), tmp_path / "a.flac", tmp_path / "b.flac")
    made = mutagen.File(tmp_path / "b.flac").cuesheet
    assert [(track.track_number, track.start_offset) for track in made.tracks] == [(1, 0), (2, 22050), (170, 44100)]


def test_markers_and_the_broadcast_extension_of_wav_go_to_other_formats(tmp_path: Path) -> None:
    bext = bytearray(602)
    bext[:9], bext[256:262] = b"Interview", b"ZoomF6"
    struct.pack_into("<Q", bext, 338, 172_800_000)
    points = [struct.pack("<II4sIII", number, 0, b"data", 0, 0, at) for number, at in ((1, 0), (2, 1600), (3, 3200))]
    labels = [chunk(b"labl", struct.pack("<I", number) + name) for number, name in ((2, b"Talk\0"), (1, b"Intro\0"))]
    source = with_chunks(
        tmp_path / "a.wav",
        chunk(b"bext", bytes(bext)),
        chunk(b"cue ", struct.pack("<I", 3) + b"".join(points)),
        chunk(b"LIST", b"adtl" + b"".join(labels)),
    )
    process_file(Same(), source, tmp_path / "b.flac")
    made = mutagen.File(tmp_path / "b.flac")
    assert made["chapter000name"] == ["Intro"] and made["chapter001"] == ["00:00:00.100"]
    assert made["chapter001name"] == ["Talk"] and made["chapter002name"] == ["Marker 3"]  # which has no name
    assert (made["description"], made["originator"]) == (["Interview"], ["ZoomF6"])
    assert made["time_reference"] == ["172800000"]
    process_file(Same(), source, tmp_path / "b.mp3")
    chapters = sorted(mutagen.File(tmp_path / "b.mp3").tags.getall("CHAP"), key=lambda frame: frame.start_time)
    assert [(frame.start_time, frame.end_time) for frame in chapters] == [(0, 100), (100, 200), (200, 300)]


@pytest.mark.parametrize(("source", "output"), [("a.flac", "b.m4a"), ("a.ogg", "b.mka"), ("a.mp3", "b.mp4")])
def test_chapters_reach_what_ffmpeg_writes(tmp_path: Path, source: str, output: str) -> None:
    tagged_mp3(tmp_path)
    if source != "a.mp3":
        process_file(Same(), tmp_path / "a.mp3", tmp_path / source)
    process_file(Same(), tmp_path / source, tmp_path / output)
    with av.open(str(tmp_path / output)) as container:
        told = [(float(c["start"] * c["time_base"]), c["metadata"]["title"]) for c in container.chapters()]
        assert told == [(0, "Greeting"), (1, "Talk")]
        assert any(stream.disposition & Disposition.attached_pic for stream in container.streams)


@pytest.mark.parametrize("ending", ["flac", "ogg"])
def test_comments_stay_in_their_order(tmp_path: Path, ending: str) -> None:
    names = [f"chapter{number:03d}{part}" for number in range(20) for part in ("", "name")]
    write(tmp_path / f"a.{ending}", speechlike(1, 44100), 44100)
    file = mutagen.File(tmp_path / f"a.{ending}")
    if file.tags is None:
        file.add_tags()
    for name in names:
        file[name] = "00:00:00.000"
    file.save()
    process_file(Same(), tmp_path / f"a.{ending}", tmp_path / f"b.{ending}")
    kept = [key.lower() for key, _ in mutagen.File(tmp_path / f"b.{ending}").tags]
    assert [key for key in kept if key.startswith("chapter")] == names


def test_blocks_of_programs_in_flac_stay(tmp_path: Path) -> None:
    write(tmp_path / "a.flac", speechlike(1, 44100), 44100)
    file = mutagen.File(tmp_path / "a.flac")
    block = MetadataBlock(b"riffWAVE and more")
    block.code = 2
    file.metadata_blocks.append(block)
    file.save()
    process_file(Same(), tmp_path / "a.flac", tmp_path / "b.flac")
    made = mutagen.File(tmp_path / "b.flac").metadata_blocks
    assert [block.write() for block in made if block.code == 2] == [b"riffWAVE and more"]


def test_a_number_that_mp4_cannot_hold_costs_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "a.flac", speechlike(1, 44100), 44100)
    file = mutagen.File(tmp_path / "a.flac")
    file["title"], file["tracknumber"], file["discnumber"] = "A talk", "20240131", "A1"
    file.save()
    report = process_file(Same(), tmp_path / "a.flac", tmp_path / "b.m4a")
    assert report.notes == ("left out, as this format does not hold it: tracknumber 20240131, discnumber A1",)
    made = mutagen.File(tmp_path / "b.m4a")
    assert made["\xa9nam"] == ["A talk"] and "trkn" not in made


@pytest.mark.parametrize(("date", "frame"), [("2024-05-01", "TDRC"), ("12 March 2021", "TXXX:date")])
def test_dates_of_any_form_arrive_in_id3(tmp_path: Path, date: str, frame: str) -> None:
    write(tmp_path / "a.flac", speechlike(1, 44100), 44100)
    file = mutagen.File(tmp_path / "a.flac")
    file["date"] = date
    file.save()
    process_file(Same(), tmp_path / "a.flac", tmp_path / "b.mp3")
    assert str(mutagen.File(tmp_path / "b.mp3").tags[frame].text[0]) == date


@pytest.mark.parametrize("ending", ["caf", "w64"])
def test_what_has_no_place_is_told(tmp_path: Path, ending: str) -> None:
    report = process_file(Same(), tagged_mp3(tmp_path), tmp_path / f"b.{ending}")
    assert len(report.notes) == 1 and "does not hold it: " in report.notes[0]
    assert "title" in report.notes[0] and "a cover" in report.notes[0] and "chapters" in report.notes[0]


def test_caf_keeps_what_it_says(tmp_path: Path) -> None:
    write(tmp_path / "a.caf", speechlike(1, 44100), 44100)
    strings = b"\0\0\0\2title\0A talk\0artist\0Ann\0"
    with (tmp_path / "a.caf").open("ab") as file:
        file.write(struct.pack(">4sq", b"info", len(strings)) + strings)
    for ending in ("caf", "flac"):
        assert process_file(Same(), tmp_path / "a.caf", tmp_path / f"b.{ending}").notes == ()
    assert strings in (tmp_path / "b.caf").read_bytes()
    assert soundfile.info(tmp_path / "b.caf").frames == 44100
    assert mutagen.File(tmp_path / "b.flac")["title"] == ["A talk"]


def test_text_of_aiff_goes_to_other_formats(tmp_path: Path) -> None:
    source = write(tmp_path / "a.aiff", speechlike(1, 44100), 44100)
    data = source.read_bytes() + struct.pack(">4sI", b"NAME", 6) + b"A talk"
    source.write_bytes(data[:4] + struct.pack(">I", len(data) - 8) + data[8:])
    process_file(Same(), source, tmp_path / "b.flac")
    assert mutagen.File(tmp_path / "b.flac")["title"] == ["A talk"]


def test_markers_of_aiff_go_to_other_formats(tmp_path: Path) -> None:
    source = write(tmp_path / "a.aiff", speechlike(1, 44100), 44100)
    named = ((1, 0, b"Intro"), (2, 22050, b"Talk"), (3, 33075, b""))
    marks = b"".join(
        struct.pack(">HIB", number, at, len(name)) + name + b"\0" * ((len(name) + 1) % 2) for number, at, name in named
    )
    data = source.read_bytes() + struct.pack(">4sIH", b"MARK", 2 + len(marks), 3) + marks
    source.write_bytes(data[:4] + struct.pack(">I", len(data) - 8) + data[8:])
    process_file(Same(), source, tmp_path / "b.mp3")
    chapters = sorted(mutagen.File(tmp_path / "b.mp3").tags.getall("CHAP"), key=lambda frame: frame.start_time)
    told = [(frame.start_time, frame.end_time, str(frame.sub_frames["TIT2"])) for frame in chapters]
    assert told == [(0, 500, "Intro"), (500, 750, "Talk"), (750, 1000, "Marker 3")]


def test_a_checksum_of_the_old_samples_is_left_out(tmp_path: Path) -> None:
    source = with_chunks(tmp_path / "a.wav", chunk(b"MD5 ", bytes(range(16))), chunk(b"iXML", b"<BWFXML/>"))
    assert process_file(Same(), source, tmp_path / "b.wav").notes == ()
    made = (tmp_path / "b.wav").read_bytes()
    assert b"MD5 " not in made and b"<BWFXML/>" in made


@pytest.mark.parametrize("ending", ["flac", "m4a", "w64", "mka"])
def test_chunks_that_no_other_format_has_are_told(tmp_path: Path, ending: str) -> None:
    source = with_chunks(tmp_path / "a.wav", chunk(b"iXML", b"<BWFXML/>"), chunk(b"smpl", bytes(36)))
    report = process_file(Same(), source, tmp_path / f"b.{ending}")
    assert report.notes == ("left out, as this format does not hold it: its iXML chunk, its smpl chunk",)


def test_tags_come_through_a_pipe(tmp_path: Path) -> None:
    source = tagged_mp3(tmp_path)
    command = [*DEEPDENOISE, "-", "-o", tmp_path / "b.mp3", "--strength", "0"]
    with source.open("rb") as file:
        subprocess.run(list(map(str, command)), stdin=file, check=True)
    assert str(mutagen.File(tmp_path / "b.mp3").tags["TIT2"]) == "Ein Gespräch"


def test_names_that_mp4_cannot_hold_are_told(tmp_path: Path) -> None:
    source = tagged_mp3(tmp_path)
    tags = ID3(source)
    tags.add(TXXX(encoding=3, desc="Настроение", text="calm"))
    tags.save(source)
    report = process_file(Same(), source, tmp_path / "b.m4a")
    assert report.notes == ("left out, as this format does not hold it: настроение",)
    assert mutagen.File(tmp_path / "b.m4a")["\xa9nam"] == ["Ein Gespräch"]


@pytest.mark.parametrize("ending", ["wav", "flac", "m4a"])
def test_a_damaged_chunk_costs_no_audio(tmp_path: Path, ending: str) -> None:
    source = with_chunks(tmp_path / "a.wav", chunk(b"ds64", bytes(4)))
    assert process_file(Same(), source, tmp_path / f"b.{ending}").frames == 4800


def test_a_chapter_behind_the_end_costs_no_audio(tmp_path: Path) -> None:
    write(tmp_path / "a.ogg", speechlike(1, 48000), 48000)
    file = mutagen.File(tmp_path / "a.ogg")
    file["chapter001"], file["chapter001name"] = "00:10:00.000", "Late"
    file.save()
    assert process_file(Same(), tmp_path / "a.ogg", tmp_path / "b.mka").frames == 48000


def test_what_cannot_be_carried_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tagged_mp3(tmp_path)

    def fail(*of: object) -> None:
        raise KeyError("mutagen's own")

    monkeypatch.setattr(mutagen, "File", fail)
    for output in ("b.flac", "b.mka"):
        (note,) = process_file(Same(), source, tmp_path / output).notes
        assert note == 'the tags could not be carried ("mutagen\'s own")'


def test_a_file_without_tags_stays_so(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", speechlike(1, 44100), 44100)
    process_file(Same(), tmp_path / "a.wav", tmp_path / "a.aac")
    notes = process_file(Same(), tmp_path / "a.aac", tmp_path / "b.aac").notes
    assert not any("tags" in note for note in notes)


def test_a_cover_out_of_a_pipe_is_told(tmp_path: Path) -> None:
    with tagged_mp3(tmp_path).open("rb") as file:
        command = [*DEEPDENOISE, "-", "-o", tmp_path / "b.m4a", "--strength", "0"]
        done = subprocess.run(list(map(str, command)), stdin=file, check=True, capture_output=True, text=True)
    assert "the cover is left out: it can be had of a file, not of a pipe" in " ".join(done.stderr.split())
