"""Encoding by FFmpeg, through PyAV; beside the sound a picture is copied as it is."""

import contextlib
import io
from fractions import Fraction
from typing import Any

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.stream import Disposition

from ..errors import AudioFileError
from . import layout, tags
from .ffmpeg_reader import FfmpegReader, is_cover
from .formats import DEPTHS, Target
from .quantise import Quantiser
from .recording import Audio, Reader, Writer, no_sample, reason, write_error
from .tags.common import Tags, left_out, to_ffmpeg, to_ffmpeg_chapters

_PCM = {"pcm_s16le": "PCM_16", "pcm_s24le": "PCM_24", "alac": "ALAC_16", "flac": "PCM_16"}
_UNREADABLE = ("aac", 0x60F)
"""5.1 with loudspeakers at the sides: FFmpeg encodes it in a way of which no decoder tells the layout."""

_ENCODER_DELAY = {"ac3": 256, "eac3": 256}
"""Samples that encoders keep to themselves at the end, unless as many follow."""

_MOVIES = ("mp4", "mov", "3gp", "ipod")
_TAGGED = ("ogg", "mp3")
"""Containers whose tags are all written when the sound is: FFmpeg has names of its own for some."""

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
        self._waiting: dict[int, list[Any]] = {}
        self._lead = 0  # samples of silence before the first one
        self._clock_start = 0.0  # on the source's clock; the new file's clock begins there
        self._file = _open(path, name)
        try:
            # Else the start of the sound is rounded to a millisecond.
            movie = target.container in _MOVIES
            fine = {"movie_timescale": str(like.sample_rate)} if movie else {}
            self._container = av.open(self._file, "w", format=target.container, container_options=fine)
            said = Tags()
            with contextlib.suppress(Exception):  # of damaged tags; `tags.carry` tells of them
                said = tags.of(like)
            if target.container not in _TAGGED:
                self._container.metadata.update(to_ffmpeg(said, movie=movie))
            if isinstance(like, FfmpegReader):
                self._add_tracks(like, name, target, deep)
            else:
                self._add_sound(target.subtype, deep)
            own = like.container.chapters() if isinstance(like, FfmpegReader) else []
            chapters = own or to_ffmpeg_chapters(said)
            if chapters and target.container not in _TAGGED:  # of ID3, FFmpeg gives the last one first
                self._container.set_chapters(sorted(chapters, key=lambda chapter: chapter["start"]))
            if target.container == "matroska":
                for number, cover in enumerate(said.covers):
                    kind = cover.mime.rpartition("/")[2].replace("jpeg", "jpg")
                    place = f"cover{f'_{number}' * bool(number)}.{kind}"  # the name by which players know it
                    self._container.add_attachment(place, cover.mime, cover.data)
            elif target.container == "webm" and said.covers:
                self.notes += left_out(["a cover"])
            self._container.start_encoding()
        except (av.error.FFmpegError, ValueError, OSError) as error:
            self.abort()
            raise AudioFileError(
                f"{name} cannot be written with {like.channels} channels at {like.sample_rate} Hz as "
                f"{target.container} {target.subtype}"
                f"{' beside its picture' * bool(self._copies)}; choose another format ({reason(error)})"
            ) from None
        except BaseException:
            self.abort()
            raise

    def write(self, audio: Audio) -> None:
        """Append a block of shape (channels, samples)."""
        if not audio.shape[1]:  # FFmpeg has no empty frame
            return
        samples = self._quantiser(audio)
        self.clipped = self._quantiser.clipped
        if self._sample_format == "s16":
            samples = (samples >> 16).astype(np.int16)
        packed = np.ascontiguousarray(samples.T).reshape(1, -1)
        if not self.frames and self._stream.codec_context.name == "wmav2":  # whose decoders leave out a frame
            self._lead = self._stream.codec_context.frame_size
            self._encode_silence(self._lead, -self._lead)
        self._encode_samples(packed, self.frames)
        self.frames += audio.shape[1]

    def close(self) -> None:
        """Finish the file."""
        if not self.frames:
            self.abort()
            raise no_sample(self._name, self._container.format.name)
        for packets in self._waiting.values():
            self._mux(packets)
        behind = _ENCODER_DELAY.get(self._stream.codec_context.name, 0)
        if behind:
            self._encode_silence(behind, self.frames)
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
        self._sample_format = ("s32" if deep else "s16") if self._quantiser.whole else "flt"
        formats = [format_.name for format_ in encoder.audio_formats or []]
        fitting = [name for name in (f"{self._sample_format}p", self._sample_format) if name in formats]
        bit_rate = 0 if self._quantiser.whole else form.channels * min(_BIT_RATE, 4 * rate)
        self._layout = layout.DEFAULTS.get(form.channels, f"{form.channels}c")
        if form.mask is not None and layout.fits(form.mask, form.channels):
            wanted = layout.to_names(form.mask)
            if (codec, form.mask) != _UNREADABLE and _takes(codec, rate, wanted, (fitting or formats)[0], bit_rate):
                self._layout = wanted
            elif form.mask != layout.from_names([channel.name for channel in av.AudioLayout(self._layout).channels]):
                self.notes.append(f"{self.subtype} has no layout {wanted}: the output has {self._layout}")
        self._stream: Any = self._container.add_stream(codec, rate)
        self._stream.time_base = Fraction(1, rate)
        _set(self._stream.codec_context, rate, self._layout, (fitting or formats)[0], bit_rate)

    def _add_tracks(self, like: FfmpegReader, name: str, target: Target, deep: bool) -> None:
        """Take over the picture, subtitles and other sound tracks, and what the container says of them."""
        film = like.has_picture and target.picture
        chapters = like.container.chapters()
        for stream in like.container.streams if film else [like.stream]:
            if stream is like.stream:
                self._add_sound(target.subtype, deep)
                self._stream.metadata.update(_kept(stream.metadata))
                # Of several sound tracks players take the default one, which is to be the one that was denoised.
                self._stream.disposition = stream.disposition.value | Disposition.default.value
                continue
            if is_cover(stream):  # carried with the tags
                continue
            if stream.type == "data":  # chapters are a track in MP4, and are set by themselves
                if "timecode" in stream.metadata:
                    self.notes.append("its track of time codes is left out")
                elif not chapters:
                    self.notes.append(f"its data track {stream.index} is left out")
                continue
            if not _holds(target.container, stream):
                if stream.type == "video":
                    choice = "a format without a picture, as m4a" if target.container == "matroska" else "mkv"
                    raise AudioFileError(
                        f"{name} cannot hold the picture ({stream.codec_context.name}); choose {choice}"
                    )
                self.notes.append(f"its {stream.type} track {stream.index} is left out: this format cannot hold it")
                continue
            copy = self._container.add_stream_from_template(stream, opaque=True)
            copy.metadata.update(_kept(stream.metadata))
            default = Disposition.default.value if stream.type == "audio" else 0
            copy.disposition = stream.disposition.value & ~default
            if target.container in _MOVIES and copy.codec.name == "hevc":
                # FFmpeg's own tag, hev1, is one that Apple's players do not play.
                own = stream.codec_context.codec_tag if like.container.format.name.startswith("mov") else ""
                copy.codec_context.codec_tag = own if own.isalnum() else "hvc1"
            self._copies[stream.index] = copy
        if film:
            like.copy = self._copy
            self._clock_start = (like.container.start_time or 0) / 1e6
        elif like.has_picture:
            self.notes.append("the picture is left out: mp4, mov, mkv and webm keep it")

    def _copy(self, packet: Any) -> None:
        """Copy a packet of another stream; the first may have to wait until it is known when they are decoded."""
        if packet.stream.index not in self._copies or not packet.size:
            return
        waiting = self._waiting.setdefault(packet.stream.index, [])
        waiting.append(packet)
        if packet.dts is not None:
            for number, early in enumerate(reversed(waiting[:-1]), 1):
                early.dts = packet.dts - number * max(packet.duration or 1, 1)
            self._mux(waiting)

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            shift = round(self._clock_start / packet.time_base)
            if packet.dts is None:
                packet.dts = packet.pts
            if packet.dts is None:
                continue
            packet.dts -= shift
            if packet.pts is not None:
                packet.pts -= shift
            packet.stream = self._copies[packet.stream.index]
            try:
                self._container.mux(packet)
            except (av.error.FFmpegError, OSError) as error:
                raise write_error(self._name, error) from None
        packets.clear()

    def _offset(self) -> int:
        """Return by how many samples the sound begins after the picture."""
        if not isinstance(self._like, FfmpegReader) or not self._copies:
            return 0
        return round((self._like.start - self._clock_start) * self._like.sample_rate)

    def _encode_silence(self, samples: int, at: int) -> None:
        kind = {"s16": np.int16, "s32": np.int32}.get(self._sample_format, np.float32)
        self._encode_samples(np.zeros((1, samples * self._like.channels), kind), at)

    def _encode_samples(self, packed: npt.NDArray[Any], at: int) -> None:
        """Encode samples of all channels in turn, the first of them at a place in the recording."""
        frame = av.AudioFrame.from_ndarray(packed, self._sample_format, self._layout)
        frame.sample_rate = self._like.sample_rate
        frame.time_base = Fraction(1, self._like.sample_rate)
        frame.pts = at + self._lead + self._offset()
        self._encode(frame)

    def _encode(self, frame: Any) -> None:
        try:
            self._container.mux(self._stream.encode(frame))
        except (av.error.FFmpegError, OSError) as error:
            raise write_error(self._name, error) from None


def _holds(container: str, stream: Any) -> bool:
    """Tell whether a container holds a track: some muxers tell when it is too late to leave that one out."""
    if stream.type == "attachment":
        return container == "matroska"
    if stream.type == "audio" and stream.codec_context.name.startswith("pcm_"):  # which few players know elsewhere
        return container in ("matroska", "mov")
    trial = av.open(io.BytesIO(), "w", format=container)
    try:
        trial.add_stream_from_template(stream, opaque=True)
        trial.start_encoding()
    except (ValueError, av.error.FFmpegError):
        return False
    return True


def _open(path: str, name: str) -> io.BufferedRandom:
    try:
        return open(path, "r+b")
    except OSError as error:
        raise write_error(name, error) from None


def _set(context: Any, rate: int, names: str, sample_format: str, bit_rate: int) -> None:
    context.sample_rate = rate
    context.layout = names
    context.format = sample_format
    context.time_base = Fraction(1, rate)
    if bit_rate:
        context.bit_rate = bit_rate


def _takes(codec: str, rate: int, names: str, sample_format: str, bit_rate: int) -> bool:
    """Tell whether an encoder has a layout."""
    context = av.CodecContext.create(codec, "w")
    try:
        _set(context, rate, names, sample_format, bit_rate)
        context.open()
    except (av.error.FFmpegError, ValueError):
        return False
    return True


def _kept(metadata: dict[str, str]) -> dict[str, str]:
    """Return what is said of a track, without what its encoder said of itself."""
    own = ("vendor_id", "encoder", "bps", "duration", "number_of_", "_statistics")
    return {key: value for key, value in metadata.items() if not key.lower().startswith(own)}
