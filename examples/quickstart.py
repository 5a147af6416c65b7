"""Denoise the bundled recording: python examples/quickstart.py [IN] [OUT]."""

import sys
from pathlib import Path

from speechenh_plugin import AudioFileError, denoise_file

SAMPLE = Path(__file__).parent / "audio" / "noisy_speech.wav"


def main(source: str = str(SAMPLE), output: str = "denoised.wav") -> None:
    """Denoise one file, and tell what was done."""
    report = denoise_file(source, output)
    print(f"{report.output}: {report.duration:.1f} s at {report.sample_rate} Hz, {report.speed:.0f} times real time")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except AudioFileError as error:
        sys.exit(str(error))
