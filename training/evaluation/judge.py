"""All measures of an estimate beside the clean signal that a sample rate allows."""

from __future__ import annotations

from collections.abc import Callable

from training.audio import Audio, resample
from training.evaluation.measures.between_harmonics import between_harmonics
from training.evaluation.measures.dnsmos import RATE as WIDE
from training.evaluation.measures.dnsmos import dnsmos
from training.evaluation.measures.extremes import extremes
from training.evaluation.measures.first_sound import first_sound
from training.evaluation.measures.fricatives import fricatives_kept
from training.evaluation.measures.level_sweep import GAINS_DB, level_sweep, sweep_name
from training.evaluation.measures.lsd import BAND_HZ, high_band_distance
from training.evaluation.measures.pauses import noise_left
from training.evaluation.measures.pesq import listening_quality
from training.evaluation.measures.si_sdr import level, si_sdr
from training.evaluation.measures.speech_kept import NAMES as KEPT_NAMES
from training.evaluation.measures.speech_kept import speech_kept
from training.evaluation.measures.stoi import intelligibility

NARROW = 8000
"""Hz."""

EXTREMES = ("clean PESQ", "clean SI-SDR", "noise dB")
QUALITY = ("PESQ-nb", "PESQ-wb", "STOI", "ESTOI", "SI-SDR", "level", "SIG", "BAK", "OVRL", "LSD-hi", *EXTREMES, "RTF")
"""Measures of the whole, in the order of tables; "RTF" is processor time by duration."""
PARTS = (*KEPT_NAMES, "fricatives", "first 60 ms", "between harmonics", "pauses")
"""Levels in dB of what should stay (0 is right) and of what should go (lower is better)."""
SWEEP = tuple(sweep_name(measure, gain) for measure in ("SI-SDR", "PESQ") for gain in GAINS_DB)
MEASURES = (*QUALITY, *PARTS, *SWEEP)


def judge(estimate: Audio, noisy: Audio, clean: Audio, rate: int, dnsmos_too: bool = True) -> dict[str, float]:
    """Return the measures of an estimate.

    Parameters
    ----------
    estimate, noisy, clean : (samples,)
        Aligned; full scale = 1.
    rate : int
        Hz. PESQ, STOI, SI-SDR, level and DNSMOS judge signals of 16 kHz and more at 16 kHz, others at 8 kHz (there
        neither PESQ-wb nor DNSMOS).
    dnsmos_too : bool
        Whether to run DNSMOS, which costs most.

    Returns
    -------
    dict of str to float
        By names of `QUALITY` and `PARTS`. What cannot be judged (PESQ finds no speech) is NaN.
    """
    at = WIDE if rate >= WIDE else NARROW
    got, wanted = resample(estimate, rate, at), resample(clean, rate, at)
    values = {"PESQ-nb": listening_quality(got, wanted, at, "nb")}
    if at == WIDE:
        values["PESQ-wb"] = listening_quality(got, wanted, at, "wb")
    values["STOI"] = intelligibility(got, wanted, at)
    values["ESTOI"] = intelligibility(got, wanted, at, extended=True)
    values["SI-SDR"] = si_sdr(got, wanted)
    values["level"] = level(got, wanted)
    if at == WIDE and dnsmos_too:
        values |= dnsmos(got)
    if rate >= 2 * BAND_HZ[1]:
        values["LSD-hi"] = high_band_distance(estimate, clean, rate)
    values |= speech_kept(estimate, noisy, clean, rate)
    values["fricatives"] = fricatives_kept(estimate, noisy, clean, rate)
    values["between harmonics"] = between_harmonics(estimate, clean, rate)
    values["pauses"] = noise_left(estimate, noisy, clean, rate)
    return _named(values)


def judge_clean(clean: Audio, rate: int, dnsmos_too: bool = True) -> dict[str, float]:
    """Return those measures of the clean signal itself that say something: DNSMOS and the level between harmonics."""
    values = dnsmos(resample(clean, rate, WIDE)) if dnsmos_too and rate >= WIDE else {}
    return {**values, "between harmonics": between_harmonics(clean, clean, rate)}


def judge_denoiser(
    denoise: Callable[[Audio], Audio],
    noisy: Audio,
    clean: Audio,
    rate: int,
    extremes_too: bool = False,
    sweep_too: bool = False,
) -> dict[str, float]:
    """Return the measures that need other inputs than the noisy signal.

    Parameters
    ----------
    denoise : callable
        From a signal to an estimate of the same length, aligned, from a fresh state at each call.
    noisy, clean : (samples,)
    rate : int
        Hz.
    extremes_too : bool
        Whether to denoise clean speech and noise by themselves.
    sweep_too : bool
        Whether to denoise the noisy signal at other levels.
    """
    values = {"first 60 ms": first_sound(denoise, clean, rate)}
    if extremes_too:
        values |= extremes(denoise, noisy, clean, rate)
    if sweep_too:
        values |= level_sweep(denoise, noisy, clean, rate)
    return _named(values)


def _named(values: dict[str, float]) -> dict[str, float]:
    """Refuse, at the first pair, what no table would show."""
    if unknown := values.keys() - set(MEASURES):
        raise ValueError(f"no table knows the measures {sorted(unknown)}: add them to QUALITY or PARTS")
    return values
