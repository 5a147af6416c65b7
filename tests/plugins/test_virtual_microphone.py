"""The virtual microphone, in a real PipeWire without devices."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from other_hosts import assert_late, expected, program
from port_hosts import Ladspa
from safetensors.numpy import load_file
from sounds import speechlike
from typer.testing import CliRunner

from speechenh_plugin import DeepDenoise, modelfile
from speechenh_plugin.cli import app
from speechenh_plugin.virtual_microphone import configuration, default_path

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="PipeWire is Linux's")
MODEL = "cr_ced"  # it hears eight frames and no more, so that what was before the sound does not matter
HOP = 384  # samples at 48 kHz


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path / "home"


def test_the_file_is_whole_and_where_pipewire_looks(home: Path) -> None:
    done = CliRunner().invoke(app, ["plugins", "virtual-mic", "--reduction-limit", "24", "--model", MODEL])
    assert done.exit_code == 0, done.stderr
    path = home / ".config/pipewire/pipewire.conf.d/deepdenoise-microphone.conf"
    assert path == default_path()
    assert str(path) in done.stdout
    text = path.read_text("utf-8")
    assert f'plugin = "{home}/.ladspa/deepdenoise.so"' in text
    assert '"Reduction limit" = 24.0' in text
    assert os.listdir(path.parent) == [path.name]
    assert (home / ".ladspa/deepdenoise.so").exists()
    assert "flags = [ nofail ]" in text  # PipeWire begins without the plug-in, too
    done = CliRunner().invoke(app, ["plugins", "uninstall", "ladspa"])
    assert done.exit_code == 0 and str(path) in done.stdout
    assert not path.exists() and not (home / ".ladspa/deepdenoise.so").exists()


def test_an_unknown_model_is_told(home: Path) -> None:
    done = CliRunner().invoke(app, ["plugins", "virtual-mic", "--model", "nonesuch"])
    assert done.exit_code == 2
    assert "there is no model nonesuch for the LADSPA plug-in; there are: fullband" in " ".join(done.stderr.split())
    assert not home.exists()


def test_a_model_of_ones_own_is_that_of_the_plugin(home: Path, fullband_model: Path, tmp_path: Path) -> None:
    folder = home / ".ladspa/deepdenoise"
    folder.mkdir(parents=True)
    graph = json.loads((fullband_model / "graph.json").read_text("utf-8")) | {"rank": 1}  # within the list
    mine = modelfile.pack_graph(graph, load_file(fullband_model / "weights.safetensors"))
    (folder / "mine.ddn").write_bytes(mine)
    (folder / "a.ddn").write_bytes(mine[:4096])  # incomplete, but the plug-in lists it
    (folder / "b.ddn").write_text("no model")
    done = CliRunner().invoke(app, ["plugins", "virtual-mic", "--model", "a"])
    assert done.exit_code == 2 and "incomplete" in done.stderr
    done = CliRunner().invoke(app, ["plugins", "virtual-mic", "--model", "mine"])
    assert done.exit_code == 0, done.stderr
    assert {"a.ddn", "b.ddn", "mine.ddn"} < set(os.listdir(folder))
    (place,) = re.findall(r'"Model" = (\S+)', default_path().read_text("utf-8"))
    assert 0 < float(place) < 5
    # A copy: the link to the package's is taken for that, which may be loaded already.
    shutil.copytree(home / ".ladspa", tmp_path / "copy")
    plugin = Ladspa("mono", 48000, tmp_path / "copy/deepdenoise.so", model=float(place))
    plugin.activate()
    audio = speechlike(0.5, 48000)
    assert_late(plugin.process(audio), expected(audio, 48000, model=folder / "mine.ddn"))
    plugin.close()


def test_names_are_quoted() -> None:
    text = configuration(Path('/a "b"/d.so'), {"strength": 50}, 1, 'the "room"')
    assert r'plugin = "/a \"b\"/d.so"' in text
    assert r'target.object = "the \"room\""' in text


def test_a_recorder_gets_what_pedalboard_gives(home: Path, tmp_path: Path) -> None:
    for needed in ("pipewire", "wireplumber", "pw-link", "pw-record", "dbus-run-session"):
        program(needed)
    audio = np.pad(speechlike(2, 48000), [(0, 0), (48000, 24000)])
    sf.write(tmp_path / "in.wav", audio[0], 48000, "FLOAT")
    written = tmp_path / "config/pipewire/pipewire.conf.d/microphone.conf"
    command = ["plugins", "virtual-mic", "--model", MODEL, "--microphone", "room", "--to", str(written)]
    assert CliRunner().invoke(app, command).exit_code == 0
    room = ROOT / "tests" / "helpers" / "pipewire_room.py"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    session = ["dbus-run-session", "--", sys.executable, str(room), str(tmp_path)]
    run = subprocess.run(session, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr

    recorded, rate = sf.read(tmp_path / "out.wav", dtype="float32")
    assert rate == 48000
    effect = DeepDenoise(model=MODEL)
    # The file began somewhere within a frame: PipeWire's periods are powers of two, frames multiples of 128 samples.
    differences = {}
    for phase in range(0, HOP, 128):
        wanted = effect(np.pad(audio, [(0, 0), (10 * HOP + phase, 0)]), 48000)[0, 10 * HOP + phase :]
        size = 1 << 20
        likeness = np.fft.irfft(np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(wanted, size)))
        got = recorded[np.argmax(likeness) :][: wanted.size]
        differences[phase] = np.abs(got - wanted[: got.size])[48000:-24000].max()
    assert np.abs(recorded).max() > 0.05
    assert min(differences.values()) == 0, differences
