"""Dry and wet side by side: python examples/parallel_mix.py [IN] [OUT].

`Mix` delays its shorter branches by the latency that DeepDenoise reports, so nothing combs: within one call. (Between
calls with ``reset=False`` it forgets by how much.) For a plain dry/wet mix,
``DeepDenoise(strength=70)`` does the same inside.
"""

import sys
from pathlib import Path

from pedalboard import Chain, Compressor, Gain, HighpassFilter, Mix, Pedalboard
from pedalboard.io import AudioFile

from speechenh_plugin import DeepDenoise
from speechenh_plugin.constants import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE

SAMPLE = Path(__file__).parent / "audio" / "noisy_speech.wav"


def main(source: str = str(SAMPLE), output: str = "denoised_mix.wav") -> None:
    """Mix a denoised and compressed voice with a little of the original."""
    voice = Chain([DeepDenoise(), HighpassFilter(80), Compressor(threshold_db=-20, ratio=3)])
    room = Gain(gain_db=-18)
    board = Pedalboard([Mix([voice, room])])
    with AudioFile(source) as file:
        audio, rate = file.read(file.frames), file.samplerate
    if not MIN_SAMPLE_RATE <= rate <= MAX_SAMPLE_RATE:  # a board would give silence for the voice
        wanted = f"{MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz"
        raise ValueError(f"{source} has a sample rate of {rate:g} Hz; resample it to {wanted} first")
    with AudioFile(output, "w", rate, audio.shape[0]) as file:
        file.write(board(audio, rate))
    print(f"{output}: {audio.shape[1] / rate:.1f} s at {rate} Hz")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError) as error:
        sys.exit(str(error))
