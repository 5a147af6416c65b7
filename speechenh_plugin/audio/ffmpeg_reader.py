"""Decoding by FFmpeg, through PyAV."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, NoReturn

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.stream import Disposition

from ..errors import AudioFileError
from . import layout
from .headers import flac, mp3, ogg
from .ogg_links import Renumbered, repeats
from .recording import Audio, Form, Incomplete, Reader, check_complete, check_undamaged, reason, reblock
from .source import Source

DEMUXERS = (
    "3dostr,aac,aax,ac3,ac4,act,aea,aiff,amr,amrnb,amrwb,ape,apm,asf,ast,au,avi,avr,bfi,bonk,brstm,caf,codec2,daud,dsf,"
    "dts,dtshd,eac3,ea,epaf,film_cpk,flac,flv,g722,g723_1,g726,g726le,g729,gsm,gxf,ilbc,iff,ipmovie,ircam,iss,ivf,"
    "loas,lvf,matroska,mcc,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,msf,mtaf,musx,mxf,mxg,nistsphere,nsv,nut,nuv,"
    "ogg,oma,osq,paf,pvf,qcp,qoa,r3d,rm,roq,rso,s337m,sap,sbc,sds,shn,smjpeg,sol,sox,spdif,swf,tak,truehd,tta,txd,ty,"
    "vag,vc1t,viv,voc,vqf,w64,wav,wc3movie,wsaud,wtv,wv,xa,xwma,yop"
)
"""Containers that FFmpeg may take a recording for: none that opens other files."""

_EXACT = {"flac", "mov,mp4,m4a,3gp,3g2,mj2", "wv", "tta", "ape", "tak"}
"""Containers that state the length of their sound to the sample."""

_LOSSLESS = ("ALAC", "PCM", "FLOAT", "DOUBLE")
"""Beginnings of sample formats whose last frame is as short as it needs to be."""

_FRAME = 1024
"""Samples in a frame, where that is not told."""

_STATED = {"matroska,webm", "asf", "avi", "flv"}
"""Containers that state the length of all that they hold."""

_RESYNCHRONISING = {"mp3", "aac", "ac3", "eac3", "dts", "mpegts", "mpeg"}
"""Streams that may begin and go on anywhere: what cannot be decoded between their frames is no damage."""

_TIMED = {"matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "mpegts", "mpeg", "asf", "flv", "nut"}
"""Containers that say of each packet when it is played, with or without a picture."""

_JOINED = {"mpegts", "mpeg"}
"""Containers of which files may be joined as they are: then their clocks begin anew."""

_TICKS = 90000
"""Of their clocks, in a second."""

_TRACKS = ("audio", "video", "subtitle")
"""Kinds of tracks beside which the title and the language of one are not those of the whole."""

_LEAST_GAP = 0.1
"""Seconds of silence in the sound from which on it is a gap, not the rounding of time stamps."""

_LONGEST_GAP = 24 * 3600
"""Seconds of silence that are too long for a gap: the time stamps are damaged."""

_BEYOND = 3600
"""Seconds beyond all that is stated or was there that are."""

_BLOCK = 65536
"""Samples of silence that are given at once."""

_FRAME_SLACK = 4096
"""Samples of delay and padding that an encoder counts, and a decoder leaves out."""

_SLACK = 0.5
"""Seconds by which the streams of a container may end before the length that it states."""


class FfmpegReader(Reader):
    """Reads what FFmpeg decodes, in one pass.

    Parameters
    ----------
    source : Source
        At its start.
    incomplete : {"refuse", "keep"}
        What to do with a recording that was cut short, damaged or never finished.
    options : dict, optional
        For FFmpeg's demuxer.
    cut : bool
        Whether it is known to be cut short or never finished.

    Raises
    ------
    AudioFileError
        If it holds no sound that can be decoded.
    """

    def __init__(
        self, source: Source, incomplete: Incomplete, options: dict[str, str] | None = None, *, cut: bool = False
    ) -> None:
        self._source, self._incomplete, self._cut = source, incomplete, cut
        bits = flac.bits(source.peek(26))
        self.container = _open(source, options or {})
        kind = self.container.format.name
        stream = _first(self.container.streams)
        if stream is None or stream.codec_context is None:
            self.container.close()
            raise AudioFileError(f"{source.label} holds no sound that can be decoded")
        self.stream: Any = stream
        context = self.stream.codec_context
        if not context.sample_rate or not context.layout.nb_channels or context.format is None:
            self.container.close()
            raise AudioFileError(f"{source.label} holds no sound that can be decoded")
        mask = layout.from_names([channel.name for channel in context.layout.channels])
        self.stated = self._stated_seconds()
        form = Form(
            context.sample_rate,
            context.layout.nb_channels,
            _CONTAINERS.get(kind, kind),
            _subtype(context),
            mask if layout.fits(mask, context.layout.nb_channels) else None,
        )
        if bits:
            whole = -(-bits // 8) * 8
            subtype = {8: "PCM_S8", 16: "PCM_16"}.get(whole, "PCM_24")
            form = replace(form, subtype=subtype, valid_bits=bits if bits < whole else None)
        expected = None if self.stated is None else round(self.stated * form.sample_rate)
        super().__init__(form, None, expected)
        # The order of a mask, which decoders keep, but for some custom layouts.
        self._layout = layout.to_names(form.mask) if form.mask is not None else context.layout.name
        others = len(self.container.streams.audio) - 1
        if others:
            self.notes.append(f"{source.label} holds {others + 1} sound tracks: track {stream.index} is denoised")
        self._ended = 0.0  # seconds at which the last packet of any stream ends
        self._errors = 0
        self._frame_bytes = 0  # of each frame in the packet before, where it held several
        self._done = 0
        self._zero: float | None = None  # seconds on the container's clock at which the samples so far began
        self._gaps: list[float] = []
        self._before = 0  # samples of silence before the first one
        self._clock = _Clock() if kind in _JOINED else None
        self.copy: Callable[[Any], None] | None = None
        """Called with the packets of other streams."""
        self._first_error: tuple[float, str] | None = None
        self._mp3_samples = None
        if kind == "mp3" and source.size is not None:
            here = source.tell()
            self._mp3_samples = mp3.stated_samples(source)
            source.seek(here)
        self.lead = False
        """Whether silence comes before a sound that begins after the picture: for who takes it out of the film."""
        self.start = 0.0
        """Seconds at which the sound begins, on the clock of the container; known when the first block is."""

    def blocks(self, size: int) -> Iterator[Audio]:
        """Yield the audio in arrays of shape (channels, `size`), the last one shorter."""
        done = 0
        for block in reblock(self._without_padding(), size):
            done += block.shape[1]
            yield block
        self._check(done)

    @property
    def has_picture(self) -> bool:
        """Whether there is a film beside the sound; a cover is none."""
        return any(not is_cover(stream) for stream in self.container.streams.video)

    def pictures(self) -> list[tuple[str, bytes]]:
        """Return the covers, by MIME type; in a pipe none can be had without the sound."""
        if self.path is None or not any(map(is_cover, self.container.streams)):
            return []
        found = []
        with contextlib.closing(Source(self.path)) as source, _open(source, {}) as container:
            for packet in container.demux():  # covers come first
                if not is_cover(packet.stream) or not packet.size:
                    break
                name = packet.stream.codec_context.name
                found.append((f"image/{_IMAGES.get(name, name)}", bytes(packet)))
        return found

    @property
    def metadata(self) -> dict[str, str]:
        """What is said of the whole, by FFmpeg's names."""
        own = dict(self.stream.metadata)
        tracks = [each for each in self.container.streams if each.type in _TRACKS and not is_cover(each)]
        if len(tracks) > 1 and self.container.format.name != "ogg":  # which has no place but a track for it
            own = {key: value for key, value in own.items() if key.lower() not in ("title", "language")}
        return {**own, **self.container.metadata}

    def close(self) -> None:
        """Close the file."""
        self.container.close()
        self._source.close()

    def _decoded(self) -> Iterator[Audio]:
        self._resampler: av.AudioResampler | None = None
        self._set: tuple[object, ...] = ()
        for packet in self._packets():
            try:
                frames = packet.decode()
            except av.error.EOFError:
                continue
            except av.error.FFmpegError as error:
                frames = self._whole_frames(packet)
                self._note(error)
            else:
                self._frame_bytes = packet.size // len(frames) if len(frames) > 1 else 0
            for frame in frames:
                yield from self._convert(frame)
        yield from self._convert(None)

    def _without_padding(self) -> Iterator[Audio]:
        """Give the sound without what fills its last frame, where MP4 states its length to the sample."""
        stream = self.stream
        precise = self.container.format.name.startswith("mov") and stream.time_base == Fraction(1, self.sample_rate)
        if not precise or not stream.duration or self.form.subtype.startswith(_LOSSLESS):
            yield from self._decoded()
            return
        done, whole, held = 0, False, np.zeros((self.channels, 0), np.float32)
        for part in self._decoded():
            held = np.concatenate([held, part], axis=1)
            stated = max(stream.duration + self._before - done, 0)
            # More than fills a frame was not meant to be left out: the stated length is wrong.
            whole = whole or held.shape[1] - stated >= (stream.codec_context.frame_size or _FRAME)
            given = held.shape[1] if whole else stated
            yield held[:, :given]
            done += held[:, :given].shape[1]
            held = held[:, given:]

    def _whole_frames(self, packet: Any) -> list[Any]:
        """Give what can be decoded of a packet of several frames, of which PyAV gives none where one is damaged."""
        if self.container.format.name == "flac":
            return self._flac_frame(bytes(packet))
        found: list[Any] = []
        data = bytes(packet) if self._frame_bytes else b""
        for start in range(0, len(data), self._frame_bytes or 1):
            with contextlib.suppress(av.error.FFmpegError):
                found += self.stream.codec_context.decode(av.Packet(data[start : start + self._frame_bytes]))
        return found

    def _flac_frame(self, data: bytes) -> list[Any]:
        """Give the frame that a packet begins with; behind a file's last one a tag may follow, or zeros."""
        for end in flac.ends(data):
            with contextlib.suppress(av.error.FFmpegError):
                if found := self.stream.codec_context.decode(av.Packet(data[:end])):
                    return list(found)
        return []

    def _packets(self) -> Iterator[Any]:
        """Yield the packets of the sound, and hand those of other streams to who copies them."""
        wanted = [other for other in self.container.streams if other.type != "attachment"]
        packets = iter(self.container.demux(wanted))
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError as error:
                self._note(error)
                packet = av.Packet()  # an empty packet makes the decoder give what it still holds
                packet.stream = self.stream
                yield packet
                return
            if self._clock is not None:
                self._clock.set(packet)
            if packet.size and packet.pts is not None and packet.time_base:
                end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                self._ended = max(self._ended, end)
            if packet.stream is self.stream:
                yield packet
            elif self.copy is not None:
                self.copy(packet)

    def _convert(self, frame: Any) -> Iterator[Audio]:
        """Give a frame as float samples at the rate and in the channels of the first one."""
        now = () if frame is None else (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is not None and now != self._set:
            for out in self._resampler.resample(None):
                yield self._counted(self._planar(out))
            self._resampler = None
        if frame is None:
            return
        if now != self._set:
            if self._set:
                self.notes.append(f"{self._source.label} changes its format part-way: all is made as it begins")
            names = self._layout
            if self.form.mask is None and frame.layout.nb_channels == self.channels:
                names = frame.layout.name
            self._resampler = av.AudioResampler(format="flt", layout=names, rate=self.sample_rate)
        assert self._resampler is not None
        if frame.pts is not None and frame.time_base:
            yield from self._missing(float(frame.pts * frame.time_base))
        self._set = now
        frame.pts = None
        for out in self._resampler.resample(frame):
            yield self._counted(self._planar(out))

    def _missing(self, time: float) -> Iterator[Audio]:
        """Give silence for what is missing before a frame that is played at a time."""
        done = self._done / self.sample_rate
        if self._zero is None:
            self.start = self._zero = time - done
            begin = self.container.start_time
            late = 0.0 if begin is None or not (self.lead and self.has_picture) else time - begin / 1e6
            if _LEAST_GAP < late < _BEYOND:
                self.notes.append(
                    f"the sound of {self._source.label} begins {late:.2f} s after the picture: silence is put before it"
                )
                self._before = round(late * self.sample_rate)
                yield from self._silence(self._before)
                done = self._done / self.sample_rate
                self._zero = time - done
        gap = time - self._zero - done
        if gap > _LEAST_GAP and (self.has_picture or self.container.format.name in _TIMED):
            stated = max(done, (self.container.duration or 0) / 1e6)
            if gap > _LONGEST_GAP or done + gap > stated + _BEYOND:
                why = f"the time stamps of its sound jump ahead by {gap:.0f} s"
                check_undamaged(self._incomplete, self.notes, self._source.label, done, why)
                self._zero += gap
            else:
                self._gaps.append(gap)
                yield from self._silence(round(gap * self.sample_rate))
        if not self.has_picture:  # without one, a clock that runs a little faster than the samples leaves no gap
            self._zero = time - self._done / self.sample_rate

    def _silence(self, samples: int) -> Iterator[Audio]:
        for start in range(0, samples, _BLOCK):
            yield self._counted(np.zeros((self.channels, min(_BLOCK, samples - start)), np.float32))

    def _planar(self, frame: Any) -> npt.NDArray[Any]:
        """Return samples of shape (channels, samples); of planes, PyAV counts one too many where there are eight."""
        samples: npt.NDArray[Any] = frame.to_ndarray().reshape(-1, self.channels).T
        return samples

    def _counted(self, audio: npt.NDArray[Any]) -> Audio:
        self._done += audio.shape[1]
        return np.ascontiguousarray(audio, np.float32)

    def _note(self, error: Exception) -> None:
        self._errors += 1
        if self._first_error is None:
            self._first_error = self._done / self.sample_rate, reason(error)

    def _stated_seconds(self) -> float | None:
        """Seconds that are stated, or guessed."""
        if self.stream.duration and self.stream.time_base:
            return float(self.stream.duration * self.stream.time_base)
        return self.container.duration / 1e6 if self.container.duration else None

    def _check(self, done: int) -> None:
        """Compare what was decoded with all that the container states of its length."""
        kind = self.container.format.name
        found = done / self.sample_rate
        label = self._source.label
        if self._clock is not None and self._clock.joined:
            self.notes.append(f"{label} is joined of parts with clocks of their own: each part follows the one before")
        if self._gaps:
            what = "a gap of" if len(self._gaps) == 1 else f"{len(self._gaps)} gaps of together"
            self.notes.append(f"{label} has {what} {sum(self._gaps):.2f} s in its sound")
        stated = None
        if kind in _EXACT and self.stated is not None:
            slack = 0 if kind == "flac" else _FRAME_SLACK
            if done < round(self.stated * self.sample_rate) - slack:
                stated = self.stated
        elif self._mp3_samples is not None:
            if done < self._mp3_samples - _FRAME_SLACK:
                stated = self._mp3_samples / self.sample_rate
        elif kind in _STATED:
            duration = self.container.duration
            if duration and self._ended < duration / 1e6 - _SLACK:
                stated = duration / 1e6
        if stated is not None:
            check_complete(self._incomplete, self.notes, label, found, stated)
        elif self._cut or (kind == "ogg" and not ogg.ends(self._source.tail())):
            check_complete(self._incomplete, self.notes, label, found)
        elif self._first_error is not None and not (kind == "flac" and self.stated is not None):
            if kind in _RESYNCHRONISING:
                self.notes.append(f"{label} holds {self._errors} parts between its frames that are no sound")
            else:
                check_undamaged(self._incomplete, self.notes, label, *self._first_error)
        if not done:
            self.notes.append(f"{label} holds no sample")


class _Clock:
    """One clock for the packets of joined parts, which may each have their own."""

    def __init__(self) -> None:
        self.joined = False
        self._newest = 0  # ticks that are added in the newest part
        self._added: dict[int, int] = {}  # by stream: the last packets of a part may come after the next one's first
        self._last: dict[int, int] = {}  # by stream, when its last packet is decoded
        self._end: int | None = None  # of what was decoded of any stream

    def set(self, packet: Any) -> None:
        """Change the time stamps of a packet. As FFmpeg has it, another clock is one that goes back or 10 s ahead."""
        index, added = packet.stream.index, self._newest
        if packet.dts is None:
            if packet.pts is not None:
                packet.pts += self._added.get(index, added)
            return
        if packet.stream.type in ("audio", "video"):  # subtitles may pause for longer
            added = self._added.get(index, self._newest)
            if not self._goes_on(index, packet.dts + added, 0.1):
                added = self._newest
                if not self._goes_on(index, packet.dts + added, 1):  # nor by the clock that another stream has come to
                    added = self._newest = (self._end or 0) - packet.dts
                    self.joined = True
        packet.dts = max(packet.dts + added, self._last.get(index, packet.dts + added - 1) + 1)
        if packet.pts is not None:
            packet.pts = max(packet.pts + added, packet.dts)
        if packet.stream.type in ("audio", "video"):
            self._added[index], self._last[index] = added, packet.dts
            self._end = max(self._end or packet.dts, packet.dts + (packet.duration or 0))

    def _goes_on(self, index: int, time: int, back: float) -> bool:
        last, end = self._last.get(index, time), time if self._end is None else self._end
        return last - back * _TICKS <= time <= end + 10 * _TICKS


_CONTAINERS = {"flac": "FLAC", "mp3": "MP3", "ogg": "OGG", "wav": "WAV", "w64": "W64", "aiff": "AIFF", "caf": "CAF"}
_SUBTYPES = {
    "mp3": "MPEG_LAYER_III",
    "mp3float": "MPEG_LAYER_III",
    "vorbis": "VORBIS",
    "opus": "OPUS",
    "libopus": "OPUS",
    "adpcm_ima_wav": "IMA_ADPCM",
    "adpcm_ima_qt": "IMA_ADPCM",
    "adpcm_ms": "MS_ADPCM",
    "gsm_ms": "GSM610",
    "pcm_u8": "PCM_U8",
}


_IMAGES = {"mjpeg": "jpeg"}


def is_cover(stream: Any) -> bool:
    """Tell whether a track is a picture that belongs to the whole, not a film."""
    return bool(stream.disposition & Disposition.attached_pic)


def _first(streams: Any) -> Any:
    """Return the sound track that players take: the first default one; else the one that FFmpeg takes."""
    default = (each for each in streams.audio if each.disposition & Disposition.default)
    known = (each for each in default if each.codec_context is not None and each.codec_context.sample_rate)
    return next(known, streams.best("audio"))


def _subtype(context: Any) -> str:
    """Name a sample format as `soundfile` does, where that knows it; else as FFmpeg does."""
    name = context.name
    if name in _SUBTYPES:
        return _SUBTYPES[name]
    if name == "alac":
        return "ALAC_16" if context.format.name == "s16p" else "ALAC_24"
    if name.startswith("pcm_f") or (name == "wavpack" and context.format.name in ("flt", "fltp")):
        return "DOUBLE" if "64" in name else "FLOAT"
    if name in ("flac", "wavpack", "tta", "ape", "tak", "shorten", "truehd", "mlp") or name.startswith("pcm_s"):
        bits = context.bits_per_coded_sample if hasattr(context, "bits_per_coded_sample") else 0
        bits = bits or {"u8": 8, "s16": 16, "s32": 24}.get(context.format.name.rstrip("p"), 16)
        return {8: "PCM_S8", 16: "PCM_16", 24: "PCM_24", 32: "PCM_32"}.get(bits, "PCM_24")
    return str(name)


def _refuse(*_: object) -> NoReturn:
    raise PermissionError("a recording may not open another file")


def _open(source: Source, options: dict[str, str]) -> Any:
    # What FFmpeg can seek in, it knows the end of.
    joined = ogg.matches(source.peek(4)) and (source.size is None or repeats(source))
    try:
        return av.open(
            Renumbered(source) if joined else source,
            "r",
            # Not as `options`: PyAV makes one of these for each stream, and frees those that turn up later, too.
            container_options={"format_whitelist": DEMUXERS, **options},
            metadata_errors="replace",
            io_open=_refuse,
        )
    except (av.error.FFmpegError, ValueError, EOFError) as error:
        raise AudioFileError(
            f"{source.label} is not audio in a format that can be read here ({reason(error)})"
        ) from None
