"""Microphone to loudspeaker or virtual cable: python examples/live.py [INPUT DEVICE] [OUTPUT DEVICE].

The audio runs inside pedalboard, without Python. The command ``deepdenoise live`` has meters too.
"""

import sys

from pedalboard import Pedalboard
from pedalboard.io import AudioStream

from speechenh_plugin import DeepDenoise


def main(source: str | None = None, output: str | None = None) -> None:
    """Denoise until Enter is pressed."""
    source = source or AudioStream.default_input_device_name
    output = output or AudioStream.default_output_device_name
    if not source or not output:
        sys.exit("there is no sound device for input and output")
    effect = DeepDenoise(reduction_limit_db=24)
    with AudioStream(source, output, Pedalboard([effect]), buffer_size=480, allow_feedback=True):
        input(f"{source} -> {effect} -> {output}; Enter ends (use headphones, or it howls) ")


if __name__ == "__main__":
    main(*sys.argv[1:])
