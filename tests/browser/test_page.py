"""The page of examples/browser in a real Chromium.

``DEEPDENOISE_BROWSER=long`` adds a recording of ten minutes and half a minute live; ``DEEPDENOISE_PICTURES=FOLDER``
keeps pictures of the page.
"""

import base64
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from browser import Browser, Chromium, Firefox, chromium, serve
from sounds import speechlike

from speechenh_plugin import denoise

pytest.importorskip("selenium", reason="needs selenium")
pytest.importorskip("ziglang", reason="needs ziglang")
if not chromium():
    pytest.skip("needs chromium and chromedriver", allow_module_level=True)

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "examples" / "audio" / "noisy_speech.wav"
LONG = os.environ.get("DEEPDENOISE_BROWSER") == "long"
PICTURES = os.environ.get("DEEPDENOISE_PICTURES")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What build.py makes."""
    from examples.browser.build import build

    out = tmp_path_factory.mktemp("page")
    build(out, ["fullband", "cr_ced"])
    return out


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serve(folder) as served:
        yield served


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    started = Chromium(tmp_path_factory.mktemp("downloads"))
    yield started
    started.quit()


@pytest.fixture
def page(browser: Chromium, address: str) -> Iterator[Chromium]:
    """The page, newly loaded."""
    browser.open(address)
    browser.console()
    yield browser
    assert browser.console() == []


def picture(page: Chromium, name: str, width: int = 1200, dark: bool = False) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.picture(Path(PICTURES, f"{name}.png"), width=width, dark=dark)


def downloaded(page: Browser) -> tuple[np.ndarray, int, str]:
    path = page.download()
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert soundfile.info(path).subtype == "PCM_24"
    return audio.T, rate, path.name


# --- recordings


def test_the_sample_is_denoised_as_natively(page: Chromium) -> None:
    picture(page, "start")
    page.choose(SAMPLE)
    assert page.text("error") == ""
    assert "0:09, 16 kHz, mono" in page.text("name")
    picture(page, "result")
    picture(page, "dark", dark=True)
    picture(page, "narrow", width=360)
    output, rate, name = downloaded(page)
    audio, _ = soundfile.read(SAMPLE, dtype="float32")
    assert (rate, name) == (16000, "noisy_speech_denoised.wav")
    np.testing.assert_allclose(output[0], denoise(audio, 16000), atol=1e-4)


DROP = """
const done = arguments[arguments.length - 1], [address] = arguments;
fetch(address).then((answer) => answer.blob()).then((blob) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([blob], 'dropped.wav'));
  done(!document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true, bubbles: true })));
});
"""


def test_a_recording_is_dropped_anywhere_on_the_page(page: Chromium, folder: Path) -> None:
    shutil.copy(SAMPLE, folder / "speech.wav")
    page.forget()
    assert page.later(DROP, "speech.wav")  # else the browser would leave the page for the file
    page.finished()
    assert page.text("name").startswith("dropped.wav: 0:09")


@pytest.mark.parametrize(
    "controls",
    [
        {"strength": 60, "reduction_limit_db": 18, "stereo_link": False},
        {"listen": "removed", "reduction_limit_db": 100},
        {"model": "cr_ced"},
    ],
    ids=str,
)
def test_controls_do_what_they_do_in_python(page: Chromium, tmp_path: Path, controls: dict[str, object]) -> None:
    """In stereo at 44.1 kHz."""
    file = tmp_path / "stereo.wav"
    soundfile.write(file, 0.5 * speechlike(2, 44100, 2).T, 44100, subtype="PCM_16")
    audio, _ = soundfile.read(file, dtype="float32")
    page.choose(file)
    assert "44.1 kHz, stereo" in page.text("name")
    page.set(**controls)
    output, rate, name = downloaded(page)
    assert rate == 44100 and name.startswith("stereo_removed" if "listen" in controls else "stereo_denoised")
    np.testing.assert_allclose(output, denoise(audio.T, 44100, **controls), atol=1e-4)  # type: ignore[arg-type]


@pytest.mark.parametrize("samples", [1, 100, 70000])
def test_recordings_of_any_length(page: Chromium, tmp_path: Path, samples: int) -> None:
    file = tmp_path / "short.wav"
    soundfile.write(file, speechlike(5, 16000)[0, :samples], 16000, subtype="FLOAT")
    page.choose(file)
    audio, _ = soundfile.read(file, dtype="float32")
    np.testing.assert_allclose(downloaded(page)[0][0], denoise(audio, 16000), atol=1e-4)


@pytest.mark.parametrize(
    ("ending", "rate", "tolerance"),
    [("flac", 22050, 1e-4), ("mp3", 32000, None), ("ogg", 44100, None), ("wav", 96000, 2e-4)],
)
def test_formats_keep_their_rate(
    page: Browser, tmp_path: Path, ending: str, rate: int, tolerance: float | None
) -> None:
    file = tmp_path / f"speech.{ending}"
    soundfile.write(file, speechlike(1, rate)[0], rate)
    page.choose(file)
    assert f"{rate / 1000:g} kHz, mono" in page.text("name") and "resampled" not in page.text("name")
    output, got, _ = downloaded(page)
    audio, _ = soundfile.read(file, dtype="float32")
    assert got == rate and abs(output.shape[1] - audio.size) < (1 if tolerance else 4000)
    if tolerance:
        np.testing.assert_allclose(output[0], denoise(audio, rate), atol=tolerance)


@pytest.mark.parametrize(
    ("name", "codec", "rate"), [("a.m4a", "aac", 44100), ("a.webm", "libopus", 48000), ("film.mp4", "aac", 32000)]
)
def test_what_phones_and_meetings_record(page: Chromium, tmp_path: Path, name: str, codec: str, rate: int) -> None:
    """A film has a track of pictures besides."""
    av = pytest.importorskip("av")
    audio = speechlike(2, rate)
    with av.open(str(tmp_path / name), "w") as container:
        film = container.add_stream("mpeg4", rate=5) if name.startswith("film") else None
        stream = container.add_stream(codec, rate=rate, layout="mono")
        if film:
            film.width = film.height = 32
            film.pix_fmt = "yuv420p"
            for _ in range(10):
                frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
                container.mux(film.encode(frame))
            container.mux(film.encode(None))
        frame = av.AudioFrame.from_ndarray(audio, format="fltp", layout="mono")
        frame.sample_rate = rate
        for resampled in av.AudioResampler(format=stream.format, layout="mono", rate=rate).resample(frame):
            container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))
    page.choose(tmp_path / name)
    assert page.text("error") == ""
    assert f"0:02, {rate / 1000:g} kHz, mono" in page.text("name") and "resampled" not in page.text("name")
    output, got, _ = downloaded(page)
    assert got == rate and abs(output.shape[1] - audio.shape[1]) < 0.1 * rate  # a codec's own first and last frames
    assert 0.5 < np.std(output) / np.std(denoise(audio, rate)) < 2


def test_a_rate_is_read_or_not_known(page: Chromium, tmp_path: Path) -> None:
    read = "return import('./rate.js').then((m) => m.fileRate(new Uint8Array(arguments[0]).buffer))"
    for ending, rate in (("caf", 48000), ("aiff", 22050), ("mp3", 16000), ("wav", 96000)):
        soundfile.write(tmp_path / f"a.{ending}", speechlike(0.2, rate)[0], rate)
        assert page.js(read, [*(tmp_path / f"a.{ending}").read_bytes()]) == rate
    for seed in range(20):
        assert page.js(read, [1, *np.random.default_rng(seed).bytes(5000)]) is None


def test_what_is_no_recording(page: Chromium, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not audio " * 1000)
    page.choose(file)
    assert "no sound in the file" in page.text("error") and page.text("work") == ""
    picture(page, "error")
    file.write_bytes(b"")
    page.choose(file)
    assert page.text("error") == "The file is empty."
    assert len(page.console()) == 2  # both are told there, too
    page.choose(SAMPLE)
    assert page.text("error") == ""


def test_a_damaged_model_is_told(page: Chromium) -> None:
    """Where the engine would throw there is a trap, for which the page has a sentence."""
    message = page.js(
        "return Promise.all([import('./engine.js'), import('./assets.js')]).then(async ([{ Engine }, { engine }]) => {"
        "  const { module, model } = await engine('fullband');"
        "  try { new Engine(module, model.slice(0, 1000)); } catch (error) { return error.message; }"
        "})"
    )
    assert "model is damaged" in message or message.startswith("The engine refuses: ")


def test_a_refused_model_stays_refused(page: Chromium) -> None:
    """When a control changes before the refusal has come, the model before is not used instead."""
    page.choose(SAMPLE)
    page.js(
        "const real = Worker.prototype.postMessage;"
        "Worker.prototype.postMessage = function (data, ...rest) {"
        "  if (data.model) data = { ...data, model: data.model.slice(0, 1000) };"
        "  return real.call(this, data, ...rest); };"
    )
    page.forget()
    page.js(
        "const set = (name, value) => { const e = document.getElementById(name); e.value = value;"
        "  e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change')); };"
        "set('model', 'cr_ced'); setTimeout(() => set('strength', 50), 15);"
    )
    page.finished()
    assert page.text("error") and not page.text("status").startswith("Done")
    page.console()


def test_a_later_choice_takes_over(page: Chromium, tmp_path: Path) -> None:
    """While a recording is worked on."""
    file = tmp_path / "long.wav"
    soundfile.write(file, speechlike(60, 48000)[0], 48000)
    page.send("file", str(file))
    page.wait(lambda: page.text("status") == "Denoising ...")
    picture(page, "working")
    page.choose(SAMPLE)
    audio, _ = soundfile.read(SAMPLE, dtype="float32")
    np.testing.assert_allclose(downloaded(page)[0][0], denoise(audio, 16000), atol=1e-4)


def test_a_failure_that_comes_late_is_not_told_of_a_later_file(page: Chromium, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not audio " * 1000)
    page.js(
        "const real = OfflineAudioContext.prototype.decodeAudioData;"
        "OfflineAudioContext.prototype.decodeAudioData = function (bytes) {"
        "  OfflineAudioContext.prototype.decodeAudioData = real;"
        "  return new Promise((resolve, reject) => { window.refuse = () =>"
        "    real.call(this, bytes).catch((error) => { reject(error); window.refused = true; }); }); };"
    )
    page.send("file", str(file))
    page.wait(lambda: page.js("return window.refuse !== undefined"))
    page.choose(SAMPLE)
    page.js("window.refuse()")
    page.wait(lambda: page.js("return window.refused"))
    assert page.text("error") == "" and page.text("status").startswith("Done")
    assert page.text("name").startswith("noisy_speech.wav")


@pytest.mark.skipif(not LONG, reason="DEEPDENOISE_BROWSER=long adds it")
def test_ten_minutes(page: Chromium, tmp_path: Path) -> None:
    file = tmp_path / "long.wav"
    soundfile.write(file, np.tile(speechlike(60, 48000, 2), 10).T, 48000, subtype="PCM_16")
    page.choose(file)
    print("\nten minutes, 48 kHz stereo:", page.text("status"))
    audio, _ = soundfile.read(file, dtype="float32")
    np.testing.assert_allclose(downloaded(page)[0], denoise(audio.T, 48000), atol=1e-4)


# --- listening


def test_before_and_after_by_one_key_in_time(page: Chromium, tmp_path: Path) -> None:
    file = tmp_path / "minute.wav"
    soundfile.write(file, speechlike(60, 8000)[0], 8000)
    page.choose(file)
    side = "return document.querySelector('[name=side]:checked').value"

    def second() -> int:
        return int(page.text("time")[2:4])

    page.send("", " ")
    page.wait(lambda: second() >= 1)
    assert (page.text("play"), page.js(side)) == ("Pause", "1")
    page.send("", "b")
    assert (page.text("play"), page.js(side)) == ("Pause", "0")
    switched = second()
    page.wait(lambda: second() > switched)
    page.send("", " ")
    assert page.text("play") == "Play"
    stopped = second()
    page.send("", "\ue014")  # arrow right
    assert stopped + 5 <= second() <= stopped + 6
    position = page.js("return document.getElementById('seek').getAttribute('aria-valuetext')")
    assert re.fullmatch(r"0:\d\d of 1:00", position)


def test_the_arrows_seek_five_seconds_on_the_slider_too(page: Chromium, tmp_path: Path) -> None:
    file = tmp_path / "minute.wav"
    soundfile.write(file, speechlike(60, 8000)[0], 8000)
    page.choose(file)
    for _ in range(2):
        page.js("document.getElementById('seek').focus()")
        page.send("seek", "\ue014")
    assert page.text("time") == "0:10 / 1:00"
    assert page.js("return document.getElementById('seek').value") == "10"


def test_a_column_shows_the_loudest_of_all_its_samples(page: Chromium) -> None:
    """Also where it spans several pieces, as those of an hour do."""
    peaks = page.js(
        "return import('./picture.js').then(({ Picture }) => {"
        "  const picture = new Picture(40000, 3, 16000), row = new Float32Array(40000), peaks = [];"
        "  row[9000] = 0.5; row[13332] = -0.25; row[13334] = 0.75; row[39999] = 1;"
        "  for (let at = 0; at < row.length; at += 4096)"
        "    peaks.push(...picture.add([row.slice(at, at + 4096)], at).peaks);"
        "  return peaks;"
        "})"
    )
    assert peaks == [-0.25, 0.5, 0, 0.75, 0, 1]


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_loudness_is_that_of_bs_1770(page: Chromium, rate: int, channels: int) -> None:
    """By its own calibration: a tone of 997 Hz and full scale in one channel has -3.01 LUFS. Silence does not count."""
    got = page.js(
        "const [rate, channels] = arguments;"
        "return import('./loudness.js').then(({ Loudness }) => {"
        "  const one = new Loudness(rate, channels), row = new Float32Array(120 * rate);"
        "  for (let i = 0; i < 60 * rate; ++i) row[i] = 0.1 * Math.sin((2 * Math.PI * 997 * i) / rate);"
        "  const rows = Array(channels).fill(row);"
        "  for (let at = 0; at < row.length; at += 7001) one.add(rows.map((row) => row.subarray(at, at + 7001)));"
        "  return one.value();"
        "})",
        rate,
        channels,
    )
    assert abs(got - (-23.01 + 10 * np.log10(channels))) < 0.05


# --- live

OFFLINE = """
const done = arguments[arguments.length - 1];
(async () => {
  const { denoiserNode } = await import('./live.js');
  const bytes = await (await fetch(arguments[0])).arrayBuffer();
  const rate = arguments[1];
  const audio = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
  const context = new OfflineAudioContext(audio.numberOfChannels, audio.length, rate);
  const controls = { strength: 100, reduction_limit_db: 40, stereo_link: true, listen: 'result', model: 'fullband' };
  const node = await denoiserNode(context, audio.numberOfChannels, controls);
  let last = { blocks: 0, missed: 0 }, worst = 0, latency;
  node.port.onmessage = ({ data }) => {
    if (data.latency !== undefined) latency = data.latency;
    else [last, worst] = [data, Math.max(worst, data.worst)];
  };
  const source = new AudioBufferSourceNode(context, { buffer: audio });
  source.connect(node).connect(context.destination);
  source.start();
  const out = await context.startRendering();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const rows = new Float32Array(out.length * out.numberOfChannels);
  for (let c = 0; c < out.numberOfChannels; ++c) rows.set(out.getChannelData(c), c * out.length);
  const url = await new Promise((resolve) => {
    const reader = Object.assign(new FileReader(), { onload: () => resolve(reader.result) });
    reader.readAsDataURL(new Blob([rows]));
  });
  done({ rows: url.split(',')[1], latency, worst, ...last });
})().catch((error) => done(String(error)));
"""


def test_the_worklet_gives_the_same_samples(page: Chromium, folder: Path) -> None:
    """At 128 samples a block, as fast as it goes; also how long its blocks take."""
    audio = speechlike(30 if LONG else 8, 48000, 2)
    soundfile.write(folder / "worklet.wav", audio.T, 48000, subtype="FLOAT")
    got = page.later(OFFLINE, "worklet.wav", 48000)
    assert isinstance(got, dict), got
    output, latency = np.frombuffer(base64.b64decode(got["rows"]), np.float32).reshape(2, -1), got["latency"]
    assert latency == 1536
    np.testing.assert_allclose(output[:, latency:], denoise(audio, 48000)[:, :-latency], atol=1e-4)
    assert got["blocks"] > 0.9 * audio.shape[1] / 128  # the last report may not have come yet
    print(f"\n{got['blocks']} blocks, {got['missed']} missed, the longest took {got['worst']:.2f} of 2.67 ms")


def test_live(page: Chromium) -> None:
    """On the sample in a loop, and on the browser's made-up microphone; only counts: the machine may be shared."""
    page.choose(SAMPLE)
    for source in ("live-file", "live-microphone"):
        page.click(source)
        seconds = 30 if LONG and source == "live-file" else 2
        page.js("delete document.getElementById('live').dataset.blocks")
        page.wait(
            lambda seconds=seconds: (
                int(page.js("return document.getElementById('live').dataset.blocks ?? 0")) > seconds * 344
            )
        )
        print(
            f"\n{source}: load {page.text('live-load')}; missed {page.text('live-missed')}; {page.text('live-latency')}"
        )
        assert re.match(r"\d+ of \d+ blocks", page.text("live-missed"))
        assert re.match(r"32 ms in the engine", page.text("live-latency"))
        picture(page, source)
        page.click(source)
        assert page.js("return document.getElementById(arguments[0]).getAttribute('aria-pressed')", source) == "false"
    assert page.text("error") == ""


def test_a_microphone_that_comes_late_disturbs_nothing(page: Chromium) -> None:
    page.choose(SAMPLE)
    page.js(
        "const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        "navigator.mediaDevices.getUserMedia = (wanted) => new Promise((resolve) => { window.allow = () =>"
        "  real(wanted).then((stream) => { window.late = stream; resolve(stream); }); });"
    )
    page.click("live-microphone")
    page.click("live-file")
    page.wait(lambda: int(page.js("return document.getElementById('live').dataset.blocks ?? 0")) > 0)
    page.js("window.allow()")
    page.wait(lambda: page.js("return window.late?.getTracks()[0].readyState === 'ended'"))
    before = int(page.js("return document.getElementById('live').dataset.blocks"))
    page.wait(lambda: int(page.js("return document.getElementById('live').dataset.blocks")) > before)
    assert page.js("return document.getElementById('live-file').getAttribute('aria-pressed')") == "true"
    assert page.text("error") == ""
    page.choose(SAMPLE)  # another recording ends the loop of the one before
    assert page.js("return document.getElementById('live-file').getAttribute('aria-pressed')") == "false"


def test_recording_from_the_microphone(page: Chromium) -> None:
    page.click("record")
    page.wait(lambda: page.text("status") == "Recording ... 0:01")
    page.click("record")
    page.finished()
    assert page.text("error") == "" and "recording.wav: 0:0" in page.text("name")
    output, rate, _ = downloaded(page)
    assert output.shape[1] > rate and np.abs(output).max() > 1e-4


def test_a_recording_shorter_than_what_is_passed_on_at_once(page: Chromium) -> None:
    page.js(
        "const button = document.getElementById('record');"
        "new MutationObserver((_, observer) => { observer.disconnect(); setTimeout(() => button.click(), 20); })"
        ".observe(button, { childList: true, characterData: true, subtree: true });"
    )
    page.click("record")
    page.finished()
    assert page.text("error") == "" and "recording.wav: 0:00" in page.text("name")


LOSE = """
const [soon] = arguments;
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await real(wanted), [track] = stream.getTracks();
  window.lose = () => { track.stop(); track.dispatchEvent(new Event('ended')); };
  if (soon) setTimeout(window.lose);
  return stream;
};
"""


def test_a_recording_ends_with_its_microphone(page: Chromium) -> None:
    """What was recorded until then is kept."""
    page.js(LOSE, False)
    page.click("record")
    page.wait(lambda: page.text("status") == "Recording ... 0:01")
    page.js("window.lose()")
    page.wait(lambda: page.text("status").startswith("Done"))
    assert page.text("error") == "The microphone has gone; what it gave until then is kept."
    assert "recording.wav: 0:0" in page.text("name") and page.text("record") == "Record"
    assert downloaded(page)[0].shape[1] > 8000
    assert len(page.console()) == 1  # it is told there, too


@pytest.mark.parametrize("button", ["record", "live-microphone"])
def test_a_microphone_that_goes_before_it_is_heard(page: Chromium, button: str) -> None:
    page.js(LOSE, True)
    page.click(button)
    page.wait(lambda: page.text("error"))
    assert page.text("error") == "The microphone has gone; connect it, or another, and start again."
    assert page.js("return document.getElementById(arguments[0]).getAttribute('aria-pressed')", button) != "true"
    assert len(page.console()) == 1


def test_live_ends_with_its_microphone(page: Chromium) -> None:
    page.choose(SAMPLE)
    page.js(LOSE, False)
    page.click("live-microphone")
    page.wait(lambda: int(page.js("return document.getElementById('live').dataset.blocks ?? 0")) > 0)
    page.js("window.lose()")
    page.wait(lambda: page.text("error"))
    assert page.text("error") == "The microphone has gone; connect it, or another, and start again."
    pressed = "return document.getElementById('live-microphone').getAttribute('aria-pressed')"
    assert page.js(pressed) == "false"
    assert len(page.console()) == 1
    page.click("live-microphone")  # it is back
    page.js("delete document.getElementById('live').dataset.blocks")
    page.wait(lambda: int(page.js("return document.getElementById('live').dataset.blocks ?? 0")) > 0)
    assert page.text("error") == "" and page.js(pressed) == "true"


@pytest.mark.parametrize(("rate", "nearest"), [(384000, 192000), (4000, 8000)])
def test_a_device_at_a_rate_that_the_engine_does_not_take(page: Chromium, rate: int, nearest: int) -> None:
    """Live and recorded; the browser then resamples."""
    page.js(
        "const [sampleRate] = arguments, Real = AudioContext;"
        "window.contexts = [];"
        "window.AudioContext = class extends Real {"
        "  constructor(options) { super({ sampleRate, ...options }); contexts.push(this); } };",
        rate,
    )
    page.choose(SAMPLE)
    for source in ("live-file", "live-microphone"):
        page.js("delete document.getElementById('live').dataset.blocks")
        page.click(source)
        page.wait(
            lambda: page.text("error") or int(page.js("return document.getElementById('live').dataset.blocks ?? 0")) > 0
        )
        assert page.text("error") == ""
        assert f"of {128000 / nearest:.2f} ms" in page.text("live-load")
        page.click(source)
    page.click("record")
    page.wait(lambda: page.text("status") == "Recording ... 0:01")
    page.click("record")
    page.finished()
    assert page.text("error") == "" and f"{nearest // 1000} kHz" in page.text("name")
    page.wait(lambda: page.js("return contexts.every((context) => context.state === 'closed')"))


# --- the page itself


def test_nothing_leaves_the_origin(page: Chromium, address: str) -> None:
    page.choose(SAMPLE)
    names = page.js("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert names and all(name.startswith((address, "data:")) for name in names)
    refused = page.later(
        "const done = arguments[arguments.length - 1];"
        "fetch('https://example.org/').then(() => done(false), () => done(true))"
    )
    assert refused
    assert any("Content Security Policy" in message for message in page.console())


def test_everything_has_a_name_and_a_place_at_360_pixels(page: Chromium) -> None:
    page.choose(SAMPLE)
    nameless = page.js(
        "return [...document.querySelectorAll('button, input, select, [role]')].filter((e) =>"
        "!e.closest('[hidden]') && !e.ariaHidden && !e.textContent.trim() && !e.ariaLabel && !e.labels?.length)"
        ".map((e) => e.outerHTML)"
    )
    assert nameless == []
    with page.viewport(360, 800):
        assert page.js("return document.documentElement.scrollWidth") <= 360


def test_a_browser_without_simd_is_told_so(page: Chromium, address: str) -> None:
    script = "WebAssembly.validate = () => false"
    added = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
    try:
        page.get(address)
        page.wait(lambda: page.text("error"))
        assert "no WebAssembly SIMD" in page.text("error")
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    page.console()


# --- another browser


def test_firefox_too(address: str, tmp_path: Path) -> None:
    pytest.importorskip("marionette_driver", reason="needs marionette-driver")
    if not shutil.which("firefox-esr"):
        pytest.skip("needs firefox-esr")
    firefox = Firefox(tmp_path)
    try:
        firefox.open(address)
        firefox.choose(SAMPLE)
        assert firefox.text("error") == ""
        output, rate, _ = downloaded(firefox)
        audio, _ = soundfile.read(SAMPLE, dtype="float32")
        assert rate == 16000
        np.testing.assert_allclose(output[0], denoise(audio, 16000), atol=1e-4)
        firefox.click("live-file")  # Firefox needs a device for sound, which a machine of tests may lack
        firefox.wait(lambda: firefox.text("live-missed") or firefox.text("error"))
        assert firefox.text("live-missed") or "device for sound" in firefox.text("error")
    finally:
        firefox.quit()
