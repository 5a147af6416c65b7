"""Blocks as they come from a network or a sound card: python examples/streaming.py [IN] [OUT].

All blocks together come back aligned with what went in: `process` holds back the last `latency` samples, `flush` gives
them in the end.
"""

import sys
from pathlib import Path

from pedalboard.io import AudioFile

from speechenh_plugin import Stream

BLOCK = 480
SAMPLE = Path(__file__).parent / "audio" / "noisy_speech.wav"


def main(source: str = str(SAMPLE), output: str = "denoised_stream.wav") -> None:
    """Denoise block by block."""
    if Path(output).exists() and Path(output).samefile(source):
        raise ValueError(f"{output} is the recording itself; give the result another name")
    with AudioFile(source) as file:
        rate, channels = file.samplerate, file.num_channels
        stream = Stream(rate, channels)
        with AudioFile(output, "w", rate, channels) as out:
            while (block := file.read(BLOCK)).shape[1]:
                out.write(stream.process(block))
            out.write(stream.flush())
            print(f"{output}: {out.frames} samples, latency {1000 * stream.latency / rate:.0f} ms")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError) as error:
        sys.exit(str(error))
