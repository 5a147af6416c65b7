"""Run within dbus-run-session: a PipeWire of its own, without devices, in which a virtual microphone hears a file.

``pipewire_room.py FOLDER``: FOLDER/config holds PipeWire's configuration, FOLDER/in.wav is played into a dummy source
called "room", and what a recorder at the microphone's end got is written to FOLDER/out.wav.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from speechenh_plugin.virtual_microphone import NODE

ROOM = """context.objects = [
  { factory = adapter args = {
      factory.name = support.null-audio-sink node.name = room media.class = Audio/Source/Virtual
      object.linger = true audio.position = [ MONO ] audio.rate = 48000 } }
]
"""


def listed(*arguments: str) -> str:
    """What ``pw-link`` lists, or nothing while PipeWire is not there yet."""
    return subprocess.run(["pw-link", *arguments], capture_output=True, text=True).stdout


def wait_for(condition: Callable[[], object], what: str) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    sys.exit(f"{what} never came; there is:\n{listed('-iol')}")


def main(folder: Path) -> None:
    configured = folder / "config" / "pipewire" / "pipewire.conf.d"
    (configured / "room.conf").write_text(ROOM)
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    os.environ |= {
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_STATE_HOME": str(folder / "state"),
    }
    started = []

    def start(*command: str) -> subprocess.Popen[bytes]:
        with open(folder / f"{command[0]}.log", "wb") as log:
            started.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))
        return started[-1]

    try:
        start("pipewire")
        wait_for((runtime / "pipewire-0").exists, "PipeWire's socket")
        start("wireplumber")
        wait_for(lambda: "|<- room:capture_MONO" in listed("-il"), "the link from the room to the microphone")
        recorder = ["pw-record", "--target", NODE, "--rate", "48000", "--channels", "1", "--format", "f32"]
        recording = start(*recorder, str(folder / "out.wav"))
        wait_for(lambda: f"|<- {NODE}:capture_MONO" in listed("-il"), "the link from the microphone to the recorder")
        player = start("pw-play", "--target", "0", str(folder / "in.wav"))
        wait_for(lambda: "pw-play:output_MONO" in listed("-o"), "the player")
        subprocess.run(["pw-link", "pw-play:output_MONO", "room:input_MONO"], check=True)
        player.wait()
        time.sleep(1)  # what is still under way
        recording.send_signal(signal.SIGINT)
        recording.wait()
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
