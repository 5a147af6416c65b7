"""How well a denoised signal is: PESQ, STOI, SI-SDR, its level, DNSMOS, and the distance of the spectra above 8 kHz."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pesq
import pystoi

from training.data.audio import Audio, decibels, resample
from training.packages import folder, onnx_session

WIDE = 16000
"""Rate, in Hz, at which everything but LSD-hi is judged, unless the signal's own is 8 kHz."""

NARROW = 8000
DNSMOS_SECONDS = 9.01
HIGH_BAND_HZ = (8000.0, 20000.0)


def judge(estimate: Audio, clean: Audio, rate: int, dnsmos_too: bool = True) -> dict[str, float]:
    """All measures that a sample rate allows.

    Parameters
    ----------
    estimate, clean : (samples,)
        Full scale = 1.
    rate : int
        Hz. Signals of 16 kHz and more are judged at 16 kHz, others at 8 kHz (PESQ-nb, STOI, SI-SDR and level only).
    dnsmos_too : bool
        Whether to run DNSMOS, which costs most.

    Returns
    -------
    dict of str to float
        "PESQ-nb", "PESQ-wb", "STOI", "ESTOI", "SI-SDR" (dB), "level" (dB), "SIG", "BAK", "OVRL", "LSD-hi" (dB). What
        cannot be judged (PESQ finds no speech) is NaN.
    """
    at = WIDE if rate >= WIDE else NARROW
    got, wanted = resample(estimate, rate, at), resample(clean, rate, at)
    values = {"PESQ-nb": _pesq(wanted, got, at, "nb")}
    if at == WIDE:
        values["PESQ-wb"] = _pesq(wanted, got, at, "wb")
    with warnings.catch_warnings():
        # It warns when too little is loud enough to judge, and gives 1e-5.
        warnings.simplefilter("ignore", RuntimeWarning)
        values["STOI"] = float(pystoi.stoi(wanted, got, at))
        values["ESTOI"] = float(pystoi.stoi(wanted, got, at, extended=True))
    values["SI-SDR"] = si_sdr(got, wanted)
    values["level"] = level(got, wanted)
    if at == WIDE and dnsmos_too:
        values |= dnsmos(got)
    if rate >= 2 * HIGH_BAND_HZ[1]:
        values["LSD-hi"] = high_band_distance(estimate, clean, rate)
    return values


def extremes(denoise: Callable[[Audio], Audio], noisy: Audio, clean: Audio, rate: int) -> dict[str, float]:
    """Say what is left of speech without noise, and of noise without speech.

    Parameters
    ----------
    denoise : callable
        From a signal to an estimate of the same length.
    noisy, clean : (samples,)
        Their difference is the noise.
    rate : int
        Hz.

    Returns
    -------
    dict of str to float
        "clean PESQ" (wide band from 16 kHz on, else narrow) and "clean SI-SDR" (dB) of denoised clean speech, and
        "noise dB", the level of denoised noise beside its own.
    """
    at, band = (WIDE, "wb") if rate >= WIDE else (NARROW, "nb")
    got, wanted = resample(denoise(clean), rate, at), resample(clean, rate, at)
    noise = noisy - clean
    left = denoise(noise)
    return {
        "clean PESQ": _pesq(wanted, got, at, band),
        "clean SI-SDR": si_sdr(got, wanted),
        "noise dB": decibels(float(np.mean(left**2) + 1e-14)) - decibels(float(np.mean(noise**2) + 1e-14)),
    }


def si_sdr(estimate: Audio, clean: Audio) -> float:
    """Scale-invariant signal-to-distortion ratio in dB, zero-mean (Le Roux et al. 2019).

    Examples
    --------
    >>> si_sdr(np.array([1.0, 0.0, -1.0, 0.0]), np.array([1.0, 1.0, -1.0, -1.0]))
    0.0
    """
    got, wanted, share = _projected(estimate, clean)
    part = share * wanted
    with np.errstate(divide="ignore"):
        return float(10 * np.log10(np.dot(part, part) / np.dot(got - part, got - part)))


def level(estimate: Audio, clean: Audio) -> float:
    """Level of the clean signal within the estimate, in dB: 0 where it is as loud as it was.

    It is the scale that SI-SDR sees past.

    Examples
    --------
    >>> round(level(np.array([0.5, -0.5, 0.3, -0.3]), np.array([1.0, -1.0, 0.0, 0.0])), 2)
    -6.02
    """
    *_, share = _projected(estimate, clean)
    with np.errstate(divide="ignore"):
        return float(20 * np.log10(abs(share)))


def _projected(estimate: Audio, clean: Audio) -> tuple[np.ndarray, np.ndarray, float]:
    """Both without their means, and the share of the second in the first, NaN where either is silent."""
    got = estimate.astype(np.float64) - estimate.mean()
    wanted = clean.astype(np.float64) - clean.mean()
    power = np.dot(wanted, wanted)
    return got, wanted, np.dot(got, wanted) / power if power and got.any() else np.nan


def dnsmos(audio: Audio) -> dict[str, float]:
    """DNSMOS P.835 of a 16 kHz signal: mean over its first and last 9 s; a shorter one is repeated.

    Returns
    -------
    dict of str to float
        "SIG", "BAK", "OVRL"; empty if ``speechmos`` is not installed.
    """
    session = _dnsmos_session()
    if session is None:
        return {}
    size = int(DNSMOS_SECONDS * WIDE)
    repeated = np.tile(audio, -(-size // len(audio)))
    windows = [repeated[:size]] if len(audio) <= size else [audio[:size], audio[-size:]]
    raw = [session.run(None, {"input_1": window[None].astype(np.float32)})[0][0] for window in windows]
    # The polynomials are those of the DNS challenge's own script, from raw output to mean opinion score.
    polynomials = {
        "SIG": [-0.08397278, 1.22083953, 0.0052439],
        "BAK": [-0.13166888, 1.60915514, -0.39604546],
        "OVRL": [-0.06766283, 1.11546468, 0.04602535],
    }
    return {
        name: float(np.mean([np.polyval(polynomial, values[i]) for values in raw]))
        for i, (name, polynomial) in enumerate(polynomials.items())
    }


def high_band_distance(estimate: Audio, clean: Audio, rate: int) -> float:
    """Log-spectral distance over 8-20 kHz in dB, over the frames within 40 dB of the clean signal's loudest.

    2048-point Hann, hop 512; power spectra by the window's energy, floor 1e-9; root mean square over the band's bins
    of the difference in dB, mean over frames.
    """
    spectra = []
    for audio in (clean, estimate):
        window = np.hanning(2049)[:-1]
        frames = np.lib.stride_tricks.sliding_window_view(audio, len(window))[::512] * window
        spectra.append(np.abs(np.fft.rfft(frames)) ** 2 / np.sum(window**2))
    level = spectra[0].sum(1)
    loud = level > level.max() * 1e-4
    frequencies = np.arange(spectra[0].shape[1]) * rate / 2048
    band = (frequencies >= HIGH_BAND_HZ[0]) & (frequencies <= HIGH_BAND_HZ[1])
    difference = [10 * np.log10(np.maximum(power[loud][:, band], 1e-9)) for power in spectra]
    return float(np.sqrt(((difference[0] - difference[1]) ** 2).mean(1)).mean())


def _pesq(clean: Audio, estimate: Audio, rate: int, mode: str) -> float:
    try:
        return float(pesq.pesq(rate, clean, estimate, mode))
    except (pesq.NoUtterancesError, pesq.BufferTooShortError):
        return float("nan")


@functools.cache
def _dnsmos_session() -> Any:
    # Only the network file is taken from the package, whose code needs a SciPy of long ago.
    package = folder("speechmos")
    if package is None or folder("onnxruntime") is None:
        return None
    return onnx_session(package / "dnsmos_models" / "sig_bak_ovr.onnx")
