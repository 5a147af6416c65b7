"""A podcast from a noisy recording: python examples/podcast.py IN OUT.mp3.

What ``deepdenoise IN -o OUT.mp3 --preset podcast --chain podcast --loudness -16`` does, in Python: noise falls by at
most 30 dB, the chain shapes the voice, and the whole comes to -16 LUFS with no true peak above -1.5 dB. IN may be what
a phone or a camera recorded.
"""

import sys

from speechenh_plugin import AudioFileError
from speechenh_plugin.processing import Processing, Processor


def main(source: str, output: str) -> None:
    """Denoise, shape, level, and write."""
    processor = Processor(Processing({"reduction_limit_db": 30}, chain="podcast", loudness=-16))
    report = processor.run(source, output)
    print(f"{report.output}: {report.duration:.1f} s at {report.sample_rate} Hz, -16 LUFS")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (AudioFileError, TypeError) as error:
        sys.exit(str(error))
