"""Denoise a telephone recording of yours: python examples/telephone.py CALL [OUT].

Any format and rate that telephone systems record will do: 8 kHz mu-law WAV, GSM, AMR, a stereo file with one party
on each side. Each channel is treated alone, and the noise falls by at most 20 dB, which speech recognition likes. As a
command: ``deepdenoise CALL -o OUT --preset telephone``.
"""

import sys
from pathlib import Path

from speechenh_plugin import AudioFileError, denoise_file
from speechenh_plugin.controls import PRESETS


def main(source: str, output: str | None = None) -> None:
    """Denoise a call."""
    output = output or f"{Path(source).stem}_denoised.wav"
    settings = next(preset for preset in PRESETS if preset.name == "telephone").settings
    report = denoise_file(source, output, **settings)
    print(f"{output}: {report.duration:.1f} s, {report.sample_rate} Hz, {report.channels} channels")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (AudioFileError, TypeError) as error:
        sys.exit(str(error))
