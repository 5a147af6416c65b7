"""WAV beyond 4 GiB, and its header in pipes."""

import io
from pathlib import Path

import pytest

from speechenh_plugin.audio import headers
from speechenh_plugin.audio.recording import Form, Reader
from speechenh_plugin.audio.source import Source
from speechenh_plugin.audio.wav_writer import WavWriter


@pytest.mark.parametrize(("frames", "container"), [(3 * 3600 * 48000, "WAV"), (6 * 3600 * 48000, "RF64")])
def test_what_would_pass_4_gib_becomes_rf64(tmp_path: Path, frames: int, container: str) -> None:
    path = tmp_path / "a.wav"
    with path.open("w+b") as file:
        like = Reader(Form(48000, 2, "FLAC", "PCM_24"), None, frames)
        writer = WavWriter(file, "a.wav", like, "PCM_24", [], in_file=True)
        file.truncate(file.tell() + 6 * frames)  # a hole where the audio would be
        file.seek(0, 2)
        writer.frames = frames
        writer.close()
    with Source(str(path)) as source:
        header = headers.parse(source)
    assert header is not None
    assert (header.container, header.stated, header.offset) == (container, 6 * frames, path.stat().st_size - 6 * frames)


def test_a_short_file_has_the_plainest_header() -> None:
    stream = _Pipe()
    writer = WavWriter(stream, "a.wav", Reader(Form(8000, 1, "WAV", "PCM_16"), 0, 0), "PCM_16", [])
    writer.close()
    assert len(stream.getvalue()) == 44


def test_a_pipe_of_unknown_length_states_the_largest() -> None:
    stream = _Pipe()
    WavWriter(stream, "a.wav", Reader(Form(8000, 1, "WAV", "PCM_16"), None, 16000), "PCM_16", []).close()
    assert stream.getvalue()[40:44] == b"\xff\xff\xff\xff"


class _Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False
