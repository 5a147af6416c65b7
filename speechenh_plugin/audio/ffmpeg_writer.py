"""Encoding by FFmpeg, through PyAV; beside the sound a picture is copied as it is."""

import contextlib
import io
from fractions import Fraction
from typing import Any

import av
import av.error
import numpy as np

from ..errors import AudioFileError
from . import layout, tags
from .ffmpeg_reader import FfmpegReader
from .formats import DEPTHS, Target
from .quantise import Quantiser
from .recording import Audio, Reader, Writer, reason, write_error

_PCM = {"pcm_s16le": "PCM_16", "pcm_s24le": "PCM_24", "alac": "ALAC_16", "flac": "PCM_16"}
_BIT_RATE = 96000
"""Bits a second for each channel, where the rate is high enough for so many."""


class FfmpegWriter(Writer):
    """Writes what FFmpeg encodes.

    Parameters
    ----------
    path : str
        Where to write.
    name : str
        What errors call the file.
    like : Reader
        What it is made from; its picture, subtitles, chapters and other sound tracks are copied.
    target : Target
        Container and encoder.

    Raises
    ------
    AudioFileError
        If the format cannot hold such audio.
    """

    def __init__(self, path: str, name: str, like: Reader, target: Target) -> None:
        subtype = _PCM.get(target.subtype, "lossy")
        deep = DEPTHS.get(like.form.subtype, 24) > 16
        if target.subtype in ("alac", "flac") and deep:
            subtype = "PCM_24"
        super().__init__(name, av.Codec(target.subtype, "w").canonical_name.upper(), [*target.notes])
        self._like = like
        self._quantiser = Quantiser(subtype, like.form.valid_bits)
        self._copies: dict[int, Any] = {}
        self._clock_start = 0.0  # on the source's clock; the new file's clock begins there
        self._file = _open(path, name)
        try:
            options = {"strict": "experimental"} if target.container in ("mp4", "mov", "3gp") else {}
            self._container = av.open(self._file, "w", format=target.container, container_options=options)
            self._container.metadata.update(tags.names(like))
            self._add_sound(target.subtype, deep)
            if isinstance(like, FfmpegReader):
                self._add_copies(like)
        except (av.error.FFmpegError, ValueError, OSError) as error:
            self.abort()
            raise AudioFileError(
                f"{name} cannot be written with {like.channels} channels at {like.sample_rate} Hz as "
                f"{target.container} {target.subtype}; choose another format ({reason(error)})"
            ) from None

    def write(self, audio: Audio) -> None:
        """Append a block of shape (channels, samples)."""
        samples = self._quantiser(audio)
        if self._whole:
            samples = samples >> 16 if self._sample_format.startswith("s16") else samples
            samples = samples.astype(np.int16 if self._sample_format.startswith("s16") else np.int32)
        if not self._sample_format.endswith("p"):
            samples = samples.T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), self._sample_format, self._layout)
        frame.sample_rate = self._like.sample_rate
        frame.time_base = Fraction(1, self._like.sample_rate)
        frame.pts = self.frames + self._offset()
        self.frames += audio.shape[1]
        self._encode(frame)

    def close(self) -> None:
        """Finish the file."""
        self._encode(None)
        try:
            self._container.close()
            self._file.close()
        except (av.error.FFmpegError, OSError) as error:
            raise write_error(self._name, error) from None

    def abort(self) -> None:
        """Give the file up."""
        with contextlib.suppress(OSError):  # what could not be written is not wanted
            self._file.close()

    def _add_sound(self, codec: str, deep: bool) -> None:
        form = self._like.form
        encoder: Any = av.Codec(codec, "w")
        rates = encoder.audio_rates
        rate = form.sample_rate
        if rates and rate not in rates:
            rate = min((other for other in rates if other > rate), default=max(rates))
            self.notes.append(
                f"{encoder.canonical_name.upper()} has no {form.sample_rate} Hz: the output has {rate} Hz"
            )
        self._stream: Any = self._container.add_stream(codec, rate)
        context: Any = self._stream.codec_context
        names = layout.to_names(form.mask) if form.mask is not None and layout.fits(form.mask, form.channels) else None
        self._layout = names or layout.DEFAULTS.get(form.channels, f"{form.channels}c")
        context.layout = self._layout
        self._whole = self._quantiser.whole
        formats = [format_.name for format_ in encoder.audio_formats or []]
        wanted = ("s32p", "s32") if self._whole and deep else ("s16p", "s16") if self._whole else ("fltp", "flt")
        self._sample_format = next((format_ for format_ in wanted if format_ in formats), wanted[0])
        context.format = self._sample_format if self._sample_format in formats else formats[0]
        if not self._whole:
            context.bit_rate = form.channels * min(_BIT_RATE, 4 * rate)
        self._stream.time_base = Fraction(1, rate)
        context.time_base = Fraction(1, rate)

    def _add_copies(self, like: FfmpegReader) -> None:
        """Take over the picture, subtitles and other sound tracks, and what the container says of them."""
        self._stream.metadata = dict(like.stream.metadata)
        for stream in like.container.streams:
            if stream is like.stream:
                continue
            try:
                self._copies[stream.index] = self._container.add_stream_from_template(stream, opaque=True)
                self._copies[stream.index].metadata = dict(stream.metadata)
            except (ValueError, av.error.FFmpegError):
                self.notes.append(f"its {stream.type} track {stream.index} is left out: this format cannot hold it")
        if self._copies:
            like.copy = self._copy
            self._clock_start = (like.container.start_time or 0) / 1e6
        chapters = like.container.chapters()
        if chapters:
            self._container.set_chapters(chapters)

    def _copy(self, packet: Any) -> None:
        """Copy a packet of another stream."""
        stream = self._copies.get(packet.stream.index)
        if stream is None or not packet.size or packet.dts is None:
            return
        shift = round(self._clock_start / packet.time_base)
        packet.dts -= shift
        if packet.pts is not None:
            packet.pts -= shift
        packet.stream = stream
        try:
            self._container.mux(packet)
        except (av.error.FFmpegError, OSError) as error:
            raise write_error(self._name, error) from None

    def _offset(self) -> int:
        """Return by how many samples the sound begins after the picture."""
        if not isinstance(self._like, FfmpegReader) or not self._copies:
            return 0
        return round((self._like.start - self._clock_start) * self._like.sample_rate)

    def _encode(self, frame: Any) -> None:
        try:
            self._container.mux(self._stream.encode(frame))
        except (av.error.FFmpegError, OSError) as error:
            raise write_error(self._name, error) from None


def _open(path: str, name: str) -> io.BufferedRandom:
    try:
        return open(path, "r+b")
    except OSError as error:
        raise write_error(name, error) from None
