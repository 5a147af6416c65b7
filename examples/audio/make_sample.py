"""Make noisy_speech.wav: a recorded voice at a roadside under a helicopter, from two Debian packages.

Needs ffmpeg and ``apt-get install asterisk-core-sounds-en-g722 openttd-opensfx``. Licences: see LICENCE.md.
"""

import struct
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Audio = npt.NDArray[np.float64]

RATE = 16000
SECONDS = 9
SNR_DB = 5
PEAK = 0.7
VOICE = Path("/usr/share/asterisk/sounds/en_US_f_Allison/queue-periodic-announce.g722")
SOUNDS = Path("/usr/share/games/openttd/baseset/opensfx/opensfx.cat")
HELICOPTER, TRUCK, BUS = 24, 25, 27


def decode(*source: str, data: bytes = b"") -> Audio:
    """Decode and resample with ffmpeg."""
    command = ["ffmpeg", "-v", "error", *source, "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    output = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(output, np.float32).astype(np.float64)


def sound(number: int) -> Audio:
    """Read one sound of the OpenTTD collection: a table of offsets and sizes, then named WAV files."""
    data = SOUNDS.read_bytes()
    offset, size = struct.unpack_from("<II", data, 8 * number)
    start = data.index(b"RIFF", offset & 0x7FFFFFFF)
    return decode("-f", "wav", "-i", "-", data=data[start : start + size])


def looped(audio: Audio, samples: int, fade: int = RATE // 2) -> Audio:
    """Repeat a steady sound, crossfaded with equal power."""
    ramp = np.sin(np.linspace(0, np.pi / 2, fade))
    piece = audio.copy()
    piece[:fade] *= ramp
    piece[-fade:] *= ramp[::-1]
    out = np.zeros(samples + piece.size)
    for start in range(0, samples, piece.size - fade):
        out[start : start + piece.size] += piece
    return out[fade : fade + samples]


def place(target: Audio, audio: Audio, seconds: float, gain: float) -> None:
    """Add a sound from a moment on."""
    start = int(seconds * RATE)
    audio = audio[: target.size - start]
    target[start : start + audio.size] += gain * audio


def main() -> None:
    """Mix and write the sample."""
    speech = np.zeros(SECONDS * RATE)
    place(speech, decode("-f", "g722", "-i", str(VOICE)), 0.8, 1.0)
    noise = looped(sound(HELICOPTER), speech.size)
    place(noise, sound(TRUCK), 1.5, 0.7)
    place(noise, sound(BUS), 6.0, 0.3)
    active = np.abs(speech) > 0.01
    noise *= np.sqrt(np.mean(speech[active] ** 2) / np.mean(noise**2)) * 10 ** (-SNR_DB / 20)
    mixture = speech + noise
    mixture *= PEAK / np.abs(mixture).max()
    soundfile.write(Path(__file__).with_name("noisy_speech.wav"), mixture, RATE, subtype="PCM_16")


if __name__ == "__main__":
    main()
