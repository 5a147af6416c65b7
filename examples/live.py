"""Microphone to loudspeaker or virtual cable: python examples/live.py [INPUT DEVICE] [OUTPUT DEVICE]; Ctrl-C ends.

``python examples/live.py --list`` lists the devices. The command ``deepdenoise live`` has meters too.
"""

import sys

from speechenh_plugin import Stream
from speechenh_plugin.devices import DeviceError, Duplex, choose, names


def main(source: str | None = None, output: str | None = None) -> None:
    """Denoise until Ctrl-C; with headphones, or it howls."""
    if source == "--list":
        for kind, listed in zip(("input", "output"), names(), strict=True):
            print(f"{kind}: {', '.join(listed) or 'none'}")
        return
    source, output = choose(source, output)
    with Duplex(source, output, sample_rate=48000, block=480) as duplex:
        stream = Stream(48000, duplex.channels, reduction_limit_db=24)
        print(f"{source} -> {stream} -> {output}; Ctrl-C ends")
        while True:
            duplex.write(stream.process(duplex.read()))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except DeviceError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
