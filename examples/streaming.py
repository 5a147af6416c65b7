"""Blocks as they come from a network or a sound card: python examples/streaming.py [IN] [OUT].

With ``reset=False`` each call goes on where the last one ended. The output lags by a constant latency, so the first
calls give fewer samples than they get; silence at the end brings out the rest.
"""

import sys
from pathlib import Path

import numpy as np
from pedalboard.io import AudioFile

from speechenh_plugin import DeepDenoise

BLOCK = 480
SAMPLE = Path(__file__).parent / "audio" / "noisy_speech.wav"


def main(source: str = str(SAMPLE), output: str = "denoised_stream.wav") -> None:
    """Denoise block by block."""
    effect = DeepDenoise()
    if Path(output).exists() and Path(output).samefile(source):
        raise ValueError(f"{output} is the recording itself; give the result another name")
    with AudioFile(source) as file:
        rate, channels = file.samplerate, file.num_channels
        # Starts a stream, or refuses the rate before there is an output.
        effect.process(np.zeros((channels, 0), np.float32), rate)
        with AudioFile(output, "w", rate, channels) as out:
            while file.tell() < file.frames:
                out.write(effect.process(file.read(BLOCK), rate, reset=False))
            latency = effect.reported_latency_samples
            out.write(effect.process(np.zeros((channels, latency), np.float32), rate, reset=False))
            print(f"{output}: {out.frames} of {file.frames} samples, latency {1000 * latency / rate:.0f} ms")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError) as error:
        sys.exit(str(error))
