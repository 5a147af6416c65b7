"""Figures of the browser page: ``PYTHONPATH=tests/helpers:. python tests/benchmarks/bench_browser.py [SECONDS]``.

In one run, on the same speech at 48 kHz, mono: times real time of the engine in Chromium, natively on the baseline's
and on this CPU's kernels, and of RNNoise in WebAssembly (``@shiguredo/rnnoise-wasm``, which npm brings into a temporary
folder); the size of the page's folder, and how long it takes from a dropped recording to the first denoised sound.
Rounds alternate; of all parts of 160 ms the one counts that one in fifty is faster than, so that other work on the
machine matters little.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import soxr
from browser import Chromium, serve

from examples.browser.build import build
from speechenh_plugin import store
from speechenh_plugin.engine import Network, Processor

SAMPLE = Path(__file__).parents[2] / "examples" / "audio" / "noisy_speech.wav"
RATE = 48000
ROUNDS = 3
PART = 7680  # samples that are timed at once: whole frames of 480 and blocks of 128

ENGINE = """
const [samples, block, part] = arguments;
return import('./assets.js').then(async ({ engine }) => {
  const { Engine } = await import('./engine.js');
  const { module, model } = await engine('fullband');
  const stream = new Engine(module, model).stream(48000, 1, block), audio = [new Float32Array(samples)], times = [];
  audio[0].set(window.speech);
  const controls = { strength: 100, reduction_limit_db: 40, stereo_link: true, listen: 'result' };
  for (let at = 0; at + part <= samples; at += part) {
    const start = performance.now();
    for (let i = 0; i < part; i += block) stream.process(audio, audio, controls, at + i, block);
    times.push((performance.now() - start) / 1000);
  }
  return times;
});
"""

RNNOISE = """
const [samples, part] = arguments;
return import('./rnnoise/rnnoise.js').then(async ({ Rnnoise }) => {
  const state = (await Rnnoise.load()).createDenoiseState(), frame = new Float32Array(480), times = [];
  for (let at = 0; at + part <= samples; at += part) {
    const start = performance.now();
    for (let i = 0; i < part; i += 480) {
      for (let j = 0; j < 480; ++j) frame[j] = 32768 * window.speech[at + i + j];
      state.processFrame(frame);
    }
    times.push((performance.now() - start) / 1000);
  }
  return times;
});
"""

FIRST_SOUND = """
const done = arguments[arguments.length - 1];
document.getElementById('status').textContent = '';
const watch = new MutationObserver(() => {
  if (!document.getElementById('status').textContent.startsWith('Done')) return;
  watch.disconnect();
  done((performance.now() - began) / 1000);
});
let began;
watch.observe(document.getElementById('status'), { childList: true, characterData: true, subtree: true });
fetch('speech.wav').then((answer) => answer.blob()).then((blob) => {
  const data = new DataTransfer();
  data.items.add(new File([blob], 'speech.wav'));
  began = performance.now();
  document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }));
});
"""


def native(audio: np.ndarray, kernels: str | None) -> list[float]:
    network = Network(store.model_path("fullband"), kernels=kernels)
    processor = Processor(network, RATE)
    times = []
    for at in range(0, audio.size - PART + 1, PART):
        start = time.perf_counter()
        processor.process(audio[at : at + PART])
        times.append(time.perf_counter() - start)
    return times


def rnnoise(folder: Path) -> None:
    subprocess.run(
        ["npm", "pack", "--silent", "@shiguredo/rnnoise-wasm"], check=True, cwd=folder, stdout=subprocess.DEVNULL
    )
    (package,) = folder.glob("*.tgz")
    shutil.unpack_archive(package, folder)
    (folder / "package" / "dist").rename(folder / "rnnoise")


def main(seconds: float = 30) -> None:
    speech, rate = soundfile.read(SAMPLE, dtype="float32")
    audio = np.resize(soxr.resample(speech, rate, RATE), round(seconds * RATE))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page = folder / "page"
        build(page)
        files = [file for file in page.rglob("*") if file.is_file()]
        megabytes = {True: 0.0, False: 0.0}
        for file in files:
            megabytes[file.suffix == ".ddn"] += file.stat().st_size / 1e6
        print(f"folder: {megabytes[False]:.2f} MB of page and engine, {megabytes[True]:.1f} MB of models")
        rnnoise(folder)
        shutil.move(folder / "rnnoise", page)
        soundfile.write(page / "speech.wav", audio, RATE)
        browser = Chromium(folder)
        with serve(page) as address:
            start = time.perf_counter()
            browser.open(address)
            opened = time.perf_counter() - start
            first = browser.later(FIRST_SOUND)
            print(f"page open after {opened:.2f} s; {seconds:g} s of speech dropped in sound clean {first:.2f} s later")
            browser.later(
                "const done = arguments[arguments.length - 1];"
                "fetch('speech.wav').then((a) => a.arrayBuffer())"
                ".then((b) => new OfflineAudioContext(1, 1, 48000).decodeAudioData(b))"
                ".then((a) => { window.speech = a.getChannelData(0); done(); })"
            )
            runs = {
                "in Chromium, blocks of 7680": lambda: browser.js(ENGINE, audio.size, PART, PART),
                "in Chromium, blocks of 128": lambda: browser.js(ENGINE, audio.size, 128, PART),
                "natively, baseline": lambda: native(audio, "baseline"),
                "natively, this CPU": lambda: native(audio, None),
                "RNNoise in Chromium": lambda: browser.js(RNNOISE, audio.size, PART),
            }
            times: dict[str, list[float]] = {key: [] for key in runs}
            for _ in range(ROUNDS):
                for key, run in runs.items():
                    times[key] += run()
        browser.quit()
    took = {key: float(np.quantile(parts, 0.02)) for key, parts in times.items()}
    print("| | times real time | its time / the page's |\n|---|--:|--:|")
    for key, value in took.items():
        print(f"| {key} | {PART / RATE / value:.0f} | {value / took['in Chromium, blocks of 7680']:.2f} |")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
