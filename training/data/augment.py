"""Augmentations: each a pure function of a NumPy generator and audio.

An effect `(rng, audio, sample_rate) -> audio` takes `audio` of shape (samples,) or
(channels, samples), float32, full scale = 1, and treats every channel alike with one draw:
given noisy and clean speech as two channels, it does the same to both. A source
`(rng, samples, sample_rate) -> audio` makes noise of about unit power.
"""

from __future__ import annotations

import librosa
import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from training.data.audio import Audio, amplitude, fit, resample

Generator = np.random.Generator


# Effects


def equalise(rng: Generator, audio: Audio, sample_rate: int, max_db: float = 9.0) -> Audio:
    """Colour as microphones and rooms do: a low shelf, a high shelf and a peak.

    Biquads of R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter
    coefficients", with corners drawn on a logarithmic scale.

    Parameters
    ----------
    rng, audio, sample_rate
        As for every effect.
    max_db
        Greatest gain or cut of each section, in dB.
    """
    nyquist = sample_rate / 2
    sections = [
        _shelf(log_uniform(rng, 80, 400), rng.uniform(-max_db, max_db), sample_rate, "low"),
        _shelf(
            log_uniform(rng, 0.2 * nyquist, 0.8 * nyquist),
            rng.uniform(-max_db, max_db),
            sample_rate,
            "high",
        ),
        _peak(
            log_uniform(rng, 150, 0.8 * nyquist),
            rng.uniform(-max_db, max_db),
            rng.uniform(0.5, 2.0),
            sample_rate,
        ),
    ]
    return _filter(np.array(sections), audio)


def tilt(rng: Generator, audio: Audio, sample_rate: int, max_db: float = 6.0) -> Audio:
    """Tilt the spectrum about 1 kHz: what the treble gains the bass loses, up to `max_db`."""
    gain = rng.uniform(-max_db, max_db)
    treble = _shelf(1000.0, 2 * gain, sample_rate, "high")
    treble[:3] *= amplitude(-gain)
    return _filter(treble[None], audio)


def low_pass(rng: Generator, audio: Audio, sample_rate: int, rates: tuple[int, ...]) -> Audio:
    """Cut the band as material of a lower sampling rate has it, one of `rates`."""
    return band_of(int(rng.choice(rates)), audio, sample_rate)


def band_of(rate: int, audio: Audio, sample_rate: int) -> Audio:
    """Leave what a sampling rate holds, in Hz: down to it and back."""
    if rate >= sample_rate:
        return audio
    return fit(resample(resample(audio, sample_rate, rate), rate, sample_rate), audio.shape[-1])


def telephone(rng: Generator, audio: Audio, sample_rate: int) -> Audio:
    """Telephone band: about 200-400 Hz to 3.2-3.6 kHz, 24 dB an octave."""
    edges = [rng.uniform(200, 400), min(rng.uniform(3200, 3600), 0.45 * sample_rate)]
    return _filter(signal.butter(4, edges, "bandpass", fs=sample_rate, output="sos"), audio)


def clip(rng: Generator, audio: Audio, sample_rate: int, max_share: float = 0.02) -> Audio:
    """Clip all channels at the level that up to `max_share` of the first one's samples exceed."""
    del sample_rate
    loudest = np.abs(np.atleast_2d(audio)[0])
    share = log_uniform(rng, 1e-4, max_share)
    level = float(np.quantile(loudest, 1 - share))
    return np.clip(audio, -level, level) if level > 0 else audio


def quantise(rng: Generator, audio: Audio, sample_rate: int) -> Audio:
    """Round as a codec does: mu-law of 8 bits (G.711) or linear with 8 to 12 bits, undithered."""
    del sample_rate
    if rng.random() < 0.5:
        mu = 255.0
        companded = np.sign(audio) * np.log1p(mu * np.minimum(np.abs(audio), 1)) / np.log1p(mu)
        companded = np.round(companded * 127) / 127
        expanded = np.sign(companded) * np.expm1(np.abs(companded) * np.log1p(mu)) / mu
        return np.asarray(expanded, dtype=np.float32)
    steps = 2.0 ** (int(rng.integers(8, 13)) - 1)
    return (np.round(audio * steps) / steps).astype(np.float32)


def extend_band(rng: Generator, audio: Audio, sample_rate: int, bandwidth_hz: float) -> Audio:
    """Give speech of a lower sampling rate the treble that it lacks, up to 20 kHz.

    The upper half of its band is copied upwards again and again (the idea of spectral band replication): treble that
    comes and goes with the consonants, as that of speech does. The first copy is -10 to 6 dB as strong as what it is
    made of, each further one 1 to 13 dB weaker than the one before: what voices recorded at 44.1 and 48 kHz show.

    Parameters
    ----------
    rng
        As for every effect.
    audio : (samples,) float32
    sample_rate
        In Hz.
    bandwidth_hz
        Where the speech ends.
    """
    samples = audio.shape[-1]
    size = fft.next_fast_len(samples, real=True)
    spectrum = fft.rfft(audio, size)
    bins_a_hz = size / sample_rate
    end = int(0.97 * bandwidth_hz * bins_a_hz)
    start = end // 2
    top = min(int(20000 * bins_a_hz), len(spectrum))
    source = spectrum[start:end] * amplitude(rng.uniform(-10.0, 6.0))
    spectrum[end:] = 0
    for low in range(end, top, end - start):
        high = min(low + end - start, top)
        spectrum[low:high] = source[: high - low]
        source = source * amplitude(rng.uniform(-13.0, -1.0))
    return np.asarray(fft.irfft(spectrum, size)[:samples], dtype=np.float32)


def steady(rng: Generator, audio: Audio, sample_rate: int) -> Audio:
    """Make a noise stationary: the spectrum of the whole stays, its phases become random.

    What hums, hisses or rattles then does so evenly, as fans, motors and air do, in colours that real things have.
    """
    del sample_rate
    samples = audio.shape[-1]
    size = fft.next_fast_len(samples, real=True)
    spectrum = fft.rfft(audio, size)
    turns = np.exp(2j * np.pi * rng.random(spectrum.shape[-1], dtype=np.float32)).astype(np.complex64)
    return np.asarray(fft.irfft(spectrum * turns, size)[..., :samples], dtype=np.float32)


def glide(rng: Generator, audio: Audio, sample_rate: int) -> Audio:
    """Let the speed wander, pitch and all, by up to a third or so: calls and tones that no recording holds.

    The speed's logarithm passes through points 0.1 to 1 s apart, drawn from a normal distribution of 0.2, in straight
    lines; what is played is all of the audio.
    """
    samples = audio.shape[-1]
    points = 2 + int(samples / sample_rate / log_uniform(rng, 0.1, 1.0))
    turns = rng.normal(0, 0.2, points)
    speed = np.exp(np.interp(np.linspace(0, points - 1, samples), np.arange(points), turns))
    at = np.cumsum(speed)
    at = (at - at[0]) * ((samples - 1) / max(at[-1] - at[0], 1.0))
    return np.asarray(np.interp(at, np.arange(samples), audio), dtype=np.float32)


def vocode(audio: Audio, model: Audio, sample_rate: int, bands: int = 20) -> Audio:
    """Play one noise as another one moves: a channel vocoder (Dudley, "Remaking speech", 1939).

    In frames of about 20 ms and bands of equal width on a logarithmic scale from 100 Hz, `audio` gets the power that
    `model` has there; the pitch and the grain stay those of `audio`.

    Parameters
    ----------
    audio, model : (samples,) float32
    sample_rate
        In Hz.
    bands
        Number of bands.

    Returns
    -------
    (samples,) float32
    """
    size = 1 << round(np.log2(0.02 * sample_rate))
    window = np.sqrt(signal.windows.hann(size, sym=False))
    edges = np.geomspace(100.0, sample_rate / 2, bands)[:-1] * (size / sample_rate)
    starts = np.unique(np.concatenate([[0], np.ceil(edges)])).astype(np.int64)
    # (bins, frames) each
    spectrum, moves = librosa.stft(np.stack([audio, model]), n_fft=size, hop_length=size // 2, window=window)
    widths = np.diff(np.append(starts, len(spectrum)))
    own, wanted = (np.add.reduceat(np.square(np.abs(each)), starts, axis=0) for each in (spectrum, moves))
    # What `audio` has 60 dB below its loudest band and frame is no grain to play with.
    gains = np.sqrt(wanted / np.maximum(own, 1e-6 * own.max() + 1e-20))
    shaped = spectrum * np.repeat(gains, widths, axis=0)
    made = librosa.istft(shaped, hop_length=size // 2, window=window, length=audio.shape[-1])
    return np.asarray(made, dtype=np.float32)


def convolve(audio: Audio, response: Audio) -> Audio:
    """Pass through an impulse response, keeping the length.

    Parameters
    ----------
    audio : (samples,) float32
    response : (..., taps) float32
        Several responses give several outputs for one transform of the input.

    Returns
    -------
    (..., samples) float32
    """
    samples = audio.shape[-1]
    size = fft.next_fast_len(samples + response.shape[-1] - 1, real=True)
    product = fft.rfft(audio, size) * fft.rfft(response, size)
    return np.asarray(fft.irfft(product, size)[..., :samples], dtype=np.float32)


# Sources


def white(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """White noise."""
    return coloured(rng, samples, sample_rate, 0.0)


def pink(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Pink noise: 3 dB down an octave."""
    return coloured(rng, samples, sample_rate, 3.0)


def brown(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Brown noise: 6 dB down an octave."""
    return coloured(rng, samples, sample_rate, 6.0)


def coloured(rng: Generator, samples: int, sample_rate: int, slope_db: float | None = None) -> Audio:
    """Noise that falls by `slope_db` an octave above 20 Hz; by -3 to 9 dB, drawn, when None."""
    slope = rng.uniform(-3.0, 9.0) if slope_db is None else slope_db
    size = fft.next_fast_len(samples, real=True)
    spectrum = fft.rfft(rng.standard_normal(size, dtype=np.float32))
    octaves = np.log2(np.maximum(fft.rfftfreq(size, 1 / sample_rate), 20.0))
    spectrum *= (10 ** (-slope * octaves / 20)).astype(np.float32)
    return _unit(fft.irfft(spectrum, size)[:samples])


def hum(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Mains hum: 50 or 60 Hz and up to 40 harmonics, each weaker, over faint pink noise."""
    mains = rng.choice([50.0, 60.0]) * (1 + rng.uniform(-0.002, 0.002))
    orders = np.arange(1, int(rng.integers(4, 41)) + 1)
    gains = orders ** -rng.uniform(0.5, 2.0) * rng.uniform(0.1, 1.0, len(orders))
    tones = _unit(_harmonics(rng, mains, gains, samples, sample_rate))
    return _unit(tones + amplitude(rng.uniform(-40, -15)) * pink(rng, samples, sample_rate))


def fan(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Fan or motor: falling noise, beating with the turns, and tones of the blades."""
    turns = rng.uniform(8.0, 60.0)
    blades = int(rng.integers(3, 12))
    time = np.arange(samples, dtype=np.float32) / sample_rate
    beat = 1 + rng.uniform(0.0, 0.3) * np.cos(2 * np.pi * turns * time + rng.uniform(0, 6.28))
    air = coloured(rng, samples, sample_rate, rng.uniform(2.0, 8.0)) * beat
    orders = np.arange(1, int(rng.integers(2, 9)))
    gains = orders ** -rng.uniform(0.5, 1.5)
    tones = _unit(_harmonics(rng, turns * blades, gains, samples, sample_rate))
    return _unit(air + amplitude(rng.uniform(-30, -3)) * tones)


def clicks(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Clicks and crackle: 1 to 50 a second, each a short decaying ring of its own pitch."""
    count = max(1, rng.poisson(log_uniform(rng, 1.0, 50.0) * samples / sample_rate))
    length = max(8, sample_rate // 100)
    time = np.arange(length, dtype=np.float32) / sample_rate
    kinds = []
    for _ in range(4):
        pitch = log_uniform(rng, 300.0, 0.4 * sample_rate)
        decay = log_uniform(rng, 2e-4, 2e-3)
        kinds.append(np.exp(-time / decay) * np.sin(2 * np.pi * pitch * time + rng.uniform(0, 3)))
    audio = np.zeros(samples + length, dtype=np.float32)
    for start in rng.integers(0, samples, count):
        ring = kinds[int(rng.integers(len(kinds)))]
        audio[start : start + length] += rng.normal() * ring
    return _unit(audio[:samples])


def bursts(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Bursts of noise, as steps, doors, sneezes and fireworks are: each of its own colour, attack and decay."""
    audio = np.zeros(samples, dtype=np.float32)
    for _ in range(max(1, rng.poisson(log_uniform(rng, 0.5, 6.0) * samples / sample_rate))):
        start = int(rng.integers(samples))
        attack, decay = (log_uniform(rng, *limits) * sample_rate for limits in ((5e-4, 0.03), (0.01, 0.4)))
        length = min(samples - start, int(attack + 6 * decay))
        time = np.arange(length, dtype=np.float32)
        envelope = np.minimum(time / np.float32(attack), np.exp(-time / np.float32(decay)))
        peak = _peak(log_uniform(rng, 100, 0.4 * sample_rate), rng.uniform(0, 24), rng.uniform(0.5, 5), sample_rate)
        noise = _filter(peak[None], coloured(rng, length, sample_rate))
        audio[start : start + length] += _unit(noise) * envelope * np.float32(amplitude(rng.uniform(-20, 0)))
    return _unit(audio)


def cries(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Call as an animal, a child or a siren: harmonics that glide, with resonances, some breath and some roughness."""
    audio = np.zeros(samples, dtype=np.float32)
    usual = log_uniform(rng, 150, 1800)
    slope, breath = rng.uniform(0.3, 2.0), amplitude(rng.uniform(-40, -12))
    resonances = [
        _peak(log_uniform(rng, 500, 0.4 * sample_rate), rng.uniform(6, 20), rng.uniform(1, 5), sample_rate)
        for _ in range(2)
    ]
    start = int(rng.uniform(0, 0.3) * samples)
    while start < samples:
        length = min(samples - start, int(log_uniform(rng, 0.08, 1.5) * sample_rate))
        part = np.linspace(0, 1, length, dtype=np.float32)
        turns = np.interp(part, [0, rng.uniform(0.2, 0.8), 1], np.log(usual) + rng.normal(0, 0.15, 3))
        seconds = np.arange(length, dtype=np.float32) / sample_rate
        turns += rng.uniform(0, 0.03) * np.sin(2 * np.pi * rng.uniform(4, 12) * seconds)
        pitch = np.exp(turns)
        orders = np.arange(1, max(2, int(0.45 * sample_rate / pitch.max())))
        gains = orders**-slope * rng.uniform(0.3, 1.0, len(orders))
        call = _unit(_wave(rng, gains, np.cumsum(pitch / sample_rate)))
        call = call + np.float32(breath) * rng.standard_normal(length, dtype=np.float32)
        if rng.random() < 0.3:
            call *= 1 + np.float32(rng.uniform(0, 1)) * np.sin(2 * np.pi * rng.uniform(25, 110) * seconds)
        call = _unit(_filter(np.array(resonances), call)) * np.minimum(1, 8 * part) * np.minimum(1, 4 * (1 - part))
        audio[start : start + length] = call * np.float32(amplitude(rng.uniform(-10, 0)))
        start += length + int(log_uniform(rng, 0.03, 1.5) * sample_rate)
    return _unit(audio)


def notes(rng: Generator, samples: int, sample_rate: int) -> Audio:
    """Horns, bells and instruments: steady tones of one timbre, up to four at once, that fade or are held."""
    audio = np.zeros(samples, dtype=np.float32)
    usual, slope = log_uniform(rng, 100, 1500), rng.uniform(0.3, 2.5)
    timbre = rng.uniform(0.05, 1.0, int(0.45 * sample_rate / 50))
    gains = np.arange(1, len(timbre) + 1) ** -slope * timbre
    attack, decay = log_uniform(rng, 0.002, 0.1), log_uniform(rng, 0.1, 10.0)
    start = int(rng.uniform(0, 0.3) * samples)
    while start < samples:
        time = np.arange(min(samples - start, int(log_uniform(rng, 0.1, 3.0) * sample_rate)), dtype=np.float32)
        time /= sample_rate
        envelope = np.minimum(time / np.float32(attack), np.exp(-time / np.float32(decay)))
        envelope *= np.minimum(1, time[::-1] / np.float32(0.02))
        for _ in range(int(rng.integers(1, 5))):
            pitch = usual * 2 ** (rng.integers(-12, 13) / 12)
            audible = max(1, int(0.45 * sample_rate / pitch) - 1)
            tone = _wave(rng, gains[:audible], time.astype(np.float64) * pitch)
            audio[start : start + len(time)] += _unit(tone) * envelope
        start += int(len(time) * rng.uniform(0.3, 1.3)) + 1
    return _unit(audio)


SOURCES = (white, pink, brown, coloured, hum, fan, clicks, bursts, notes)
"""Every synthetic noise."""


def _harmonics(rng: Generator, base: float, gains: npt.NDArray[np.floating], samples: int, sample_rate: int) -> Audio:
    """Sum of the harmonics of `base` Hz, of random phase, `gains[k]` being that of order k + 1."""
    audible = gains[: int(0.49 * sample_rate / base)]
    return _wave(rng, audible, np.arange(samples, dtype=np.float64) * (base / sample_rate))


def _wave(rng: Generator, gains: npt.NDArray[np.floating], turns: npt.NDArray[np.floating]) -> Audio:
    """Sum of harmonics of random phase, `gains[k]` being that of order k + 1, after so many turns of the first."""
    size = 16384  # steps of one period: read without interpolation, errors stay 60 dB down at order 40
    spectrum = np.zeros(size // 2 + 1, dtype=np.complex64)
    spectrum[1 : len(gains) + 1] = gains * np.exp(2j * np.pi * rng.random(len(gains)))
    period = fft.irfft(spectrum, size)
    return np.asarray(period[(turns * size).astype(np.int64) & (size - 1)], dtype=np.float32)


# Parts


def log_uniform(rng: Generator, low: float, high: float) -> float:
    """Draw on a logarithmic scale."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _unit(audio: np.ndarray) -> Audio:
    """Scale to unit power."""
    power = float(np.mean(np.square(audio)))
    return np.asarray(audio / np.sqrt(power) if power > 0 else audio, dtype=np.float32)


def _filter(sections: np.ndarray, audio: Audio) -> Audio:
    # Single precision is twice as fast; its rounding stays over 70 dB below the signal.
    return np.asarray(signal.sosfilt(sections.astype(np.float32), audio), dtype=np.float32)


def _shelf(frequency: float, gain_db: float, sample_rate: int, kind: str) -> np.ndarray:
    """Shelving biquad of slope 1, as (b0, b1, b2, 1, a1, a2)."""
    gain = 10 ** (gain_db / 40)
    omega = 2 * np.pi * min(frequency / sample_rate, 0.49)
    cosine = np.cos(omega) * (1 if kind == "low" else -1)
    root = np.sqrt(2 * gain) * np.sin(omega)
    sign = 1 if kind == "low" else -1
    b0 = gain * ((gain + 1) - (gain - 1) * cosine + root)
    b1 = sign * 2 * gain * ((gain - 1) - (gain + 1) * cosine)
    b2 = gain * ((gain + 1) - (gain - 1) * cosine - root)
    a0 = (gain + 1) + (gain - 1) * cosine + root
    a1 = sign * -2 * ((gain - 1) + (gain + 1) * cosine)
    a2 = (gain + 1) + (gain - 1) * cosine - root
    return np.array([b0, b1, b2, a0, a1, a2]) / np.float64(a0)


def _peak(frequency: float, gain_db: float, quality: float, sample_rate: int) -> np.ndarray:
    """Peaking biquad, as (b0, b1, b2, 1, a1, a2)."""
    gain = 10 ** (gain_db / 40)
    omega = 2 * np.pi * min(frequency / sample_rate, 0.49)
    alpha = np.sin(omega) / (2 * quality)
    b = [1 + alpha * gain, -2 * np.cos(omega), 1 - alpha * gain]
    a = [1 + alpha / gain, -2 * np.cos(omega), 1 - alpha / gain]
    return np.array([*b, *a]) / np.float64(a[0])
