"""A spoken programme from a noisy recording to an MP3 of -16 LUFS: python examples/podcast.py IN OUT.mp3.

Needs pip install 'speechenh-plugin[examples]', for pyloudnorm.
"""

import sys
import warnings

import numpy as np
import pyloudnorm
from pedalboard import Gain, Pedalboard
from pedalboard.io import AudioFile

from speechenh_plugin import DeepDenoise
from speechenh_plugin.chains import limiter, podcast

RATE = 44100
LUFS = -16.0
PEAK_DB = -1.5
MOST_GAIN_DB = 40.0


def main(source: str, output: str) -> None:
    """Denoise, shape, level, and write."""
    if not output.lower().endswith(".mp3"):
        sys.exit(f"{output}: a programme is written as MP3; give it a name that ends in .mp3")
    with AudioFile(source).resampled_to(RATE) as file:
        audio = file.read(file.frames)
    if audio.shape[0] > 2:
        sys.exit(f"{source} has {audio.shape[0]} channels; mix it down to one or two first")
    # A limit on the reduction leaves a little of the room, which sounds more natural than silence.
    processed = Pedalboard([DeepDenoise(reduction_limit_db=30), *podcast()])(audio, RATE)
    meter = pyloudnorm.Meter(RATE)
    level = Pedalboard([Gain(), *limiter(PEAK_DB)])
    result = level(processed, RATE)
    for _ in range(5):  # a limiter changes loudness less than the gain before it
        loudness = meter.integrated_loudness(result.T) if audio.shape[1] > 0.4 * RATE else -np.inf
        level[0].gain_db += LUFS - loudness
        if not level[0].gain_db < MOST_GAIN_DB:
            sys.exit(f"{source} holds no speech that could be brought to {LUFS:g} LUFS: it is too faint, or too short")
        result = level(processed, RATE)
    with AudioFile(output, "w", RATE, result.shape[0], quality=192) as file:
        file.write(result)
    print(f"{output}: {result.shape[1] / RATE:.1f} s, {meter.integrated_loudness(result.T):.1f} LUFS")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", module="pyloudnorm")
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError) as error:
        sys.exit(str(error))
