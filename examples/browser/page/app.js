// The page: what is pressed, dropped and shown.

import { table } from "./assets.js";
import { denoise } from "./denoise.js";
import { supported } from "./engine.js";
import { Live } from "./live.js";
import { Recorder, decode, kilohertz } from "./media.js";
import { Player } from "./player.js";
import { buildSettings } from "./settings.js";
import { COLUMNS, Track } from "./tracks.js";
import { wavFile } from "./wav.js";

const at = (id) => document.getElementById(id);

const player = new Player();
const tracks = [new Track(at("before")), new Track(at("after"))];
const live = new Live();
let settings, recording, result, recorder;
let taken = 0; // recordings so far

// --- telling

function fail(error) {
  console.error(error);
  at("work").hidden = true;
  at("error").textContent = error.message;
  at("error").hidden = false;
}

/** Run an action of the page; what it throws is told. */
async function attempt(action) {
  at("error").hidden = true;
  try {
    await action();
  } catch (error) {
    fail(error);
  }
}

function progress(share, text) {
  at("work").hidden = false;
  if (share === null) at("progress").removeAttribute("value");
  else at("progress").value = share;
  if (at("status").textContent !== text) at("status").textContent = text;
}

const times = (ratio) => (ratio < 10 ? ratio.toFixed(1) : Math.round(ratio));
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

// --- recordings

async function open(file) {
  if (recorder) throw new Error("Stop the recording first.");
  progress(null, "Decoding ...");
  const mine = ++taken;
  const decoded = await decode(file).catch((error) => {
    if (mine === taken) throw error;
  });
  if (mine === taken) await take(decoded.audio, file.name, decoded.resampled); // else a later one came between
}

async function take(audio, name, resampled = "") {
  if (at("live-file").getAttribute("aria-pressed") === "true") stopLive(); // it plays the recording before
  recording = { audio, name };
  result = undefined;
  player.load(audio);
  const channels = ["", "mono", "stereo"][audio.numberOfChannels] ?? `${audio.numberOfChannels} channels`;
  at("name").textContent =
    `${name}: ${clock(audio.duration)}, ${kilohertz(audio.sampleRate)}, ${channels}` + (resampled && `; ${resampled}`);
  at("source").classList.add("loaded");
  at("result").hidden = false;
  at("seek").max = audio.duration;
  at("live-file").disabled = false;
  tracks[0].clear(audio.sampleRate);
  await process();
}

async function process() {
  if (!recording) return;
  const { audio } = recording, began = performance.now();
  result = undefined;
  at("download").disabled = true;
  player.setAfter(null);
  tracks[1].clear(audio.sampleRate);
  progress(0, "Denoising ...");
  const done = await denoise(audio, settings(), COLUMNS, ({ share, before, after }) => {
    tracks[0].draw(before);
    tracks[1].draw(after);
    progress(share, "Denoising ...");
  });
  if (!done) return; // a later one has begun
  const seconds = (performance.now() - began) / 1000;
  result = done;
  level();
  player.setAfter(done.audio);
  at("download").disabled = false;
  progress(1, `Done in ${seconds.toFixed(1)} s, ${times(audio.duration / seconds)} times real time.`);
}

/** Turn the louder side down. */
function level() {
  const [before, after] = result?.loudness ?? [0, 0];
  const apart = before - after; // dB
  const use = at("level").checked && Number.isFinite(apart) && settings().listen === "result";
  player.setLevels(use ? [Math.min(1, 10 ** (-apart / 20)), Math.min(1, 10 ** (apart / 20))] : [1, 1]);
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(wavFile(result.audio));
  link.download = `${recording.name.replace(/\.[^.]+$/, "")}_${settings().listen === "removed" ? "removed" : "denoised"}.wav`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

async function record() {
  if (recorder) return endRecording();
  const beginning = new Recorder();
  at("record").disabled = true; // while the browser asks whether it may
  try {
    await beginning.start(
      (seconds) => progress(null, `Recording ... ${clock(seconds)}`),
      () => { if (recorder === beginning) attempt(loseMicrophone); },
    );
  } finally {
    at("record").disabled = false;
  }
  recorder = beginning;
  at("record").setAttribute("aria-pressed", "true");
  at("record").textContent = "Stop";
}

async function endRecording() {
  const ending = recorder;
  recorder = undefined;
  at("record").setAttribute("aria-pressed", "false");
  at("record").textContent = "Record";
  const audio = await ending.stop();
  ++taken;
  await take(audio, "recording.wav");
}

async function loseMicrophone() {
  const ended = endRecording();
  fail(new Error("The microphone has gone; what it gave until then is kept."));
  await ended;
}

// --- playing

function show() {
  const { time, duration } = player;
  at("time").textContent = `${clock(time)} / ${clock(duration)}`;
  at("cursor").style.left = `${duration ? (100 * time) / duration : 0}%`;
  at("seek").value = time;
  at("seek").setAttribute("aria-valuetext", `${clock(time)} of ${clock(duration)}`);
  if (player.playing) requestAnimationFrame(show);
}

player.addEventListener("change", () => {
  at("play").textContent = player.playing ? "Pause" : "Play";
  document.querySelector(`[name=side][value="${player.side}"]`).checked = true;
  show();
});

const toggle = () =>
  attempt(async () => {
    if (player.playing) return player.pause();
    stopLive();
    await player.play();
  });
const seek = (event) => {
  const { left, width } = at("tracks").getBoundingClientRect();
  player.seek(((event.clientX - left) / width) * player.duration);
};

// --- live

const liveControls = () => ({ ...settings(), ...(at("live-on").checked ? {} : { strength: 0, listen: "result" }) });

async function startLive(button, audio) {
  const pressed = button.getAttribute("aria-pressed") === "true";
  stopLive();
  if (pressed) return;
  player.pause();
  button.setAttribute("aria-pressed", "true");
  try {
    await live.start(audio, liveControls(), report, (message) => { stopLive(); fail(new Error(message)); });
  } catch (error) {
    stopLive();
    throw error;
  }
}

function stopLive() {
  live.stop();
  for (const id of ["live-microphone", "live-file"]) at(id).setAttribute("aria-pressed", "false");
}

function report({ blocks, missed, load, worst, rate, engine, device, underruns }) {
  const milliseconds = (seconds) => `${Math.round(1000 * seconds)} ms`;
  at("live").hidden = false;
  at("live-load").textContent = `${(100 * load).toFixed(1)} %, longest block ${worst.toFixed(2)} of ${(128000 / rate).toFixed(2)} ms`;
  at("live-missed").textContent =
    `${missed} of ${blocks} blocks` + (underruns === undefined ? "" : `; ${underruns} gaps heard`);
  at("live-latency").textContent = `${milliseconds(engine)} in the engine, ${milliseconds(device)} in the browser and the device`;
  Object.assign(at("live").dataset, { blocks, missed });
}

// --- what is pressed

function changed() {
  const controls = liveControls();
  if (live.running && live.model !== controls.model) stopLive(); // an audio node keeps its model
  live.setControls(controls);
  attempt(process);
}

function connect() {
  at("choose").addEventListener("click", () => at("file").click());
  at("file").addEventListener("change", () => {
    const [file] = at("file").files;
    at("file").value = "";
    if (file) attempt(() => open(file));
  });
  at("record").addEventListener("click", () => attempt(record));
  at("play").addEventListener("click", toggle);
  at("download").addEventListener("click", () => attempt(async () => download()));
  at("level").addEventListener("change", level);
  at("seek").addEventListener("input", () => player.seek(at("seek").valueAsNumber));
  for (const radio of document.querySelectorAll("[name=side]"))
    radio.addEventListener("change", () => player.setSide(Number(radio.value)));
  at("tracks").addEventListener("click", seek);
  at("live-microphone").addEventListener("click", () => attempt(() => startLive(at("live-microphone"), null)));
  at("live-file").addEventListener("click", () => attempt(() => startLive(at("live-file"), recording.audio)));
  at("live-on").addEventListener("change", () => live.setControls(liveControls()));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || at("result").hidden) return;
    const { target } = event, takesArrows = target.matches("input[type=range]:not(#seek), input[type=radio], select");
    if (event.key === " " && !target.matches("button, input, select")) toggle();
    else if (event.key.toLowerCase() === "b" && !target.matches("select")) {
      if (live.running) at("live-on").click();
      else player.setSide(1 - player.side);
    } else if (event.key === "ArrowLeft" && !takesArrows) player.seek(player.time - 5);
    else if (event.key === "ArrowRight" && !takesArrows) player.seek(player.time + 5);
    else return;
    event.preventDefault();
  });

  // The whole page takes what is dropped: a file beside the box would else replace the page.
  for (const name of ["dragover", "dragleave", "drop"])
    document.addEventListener(name, (event) => {
      event.preventDefault();
      at("source").classList.toggle("over", name === "dragover");
      if (name !== "drop") return;
      const [file] = event.dataTransfer.files;
      attempt(async () => {
        if (!file) throw new Error("What was dropped is no file.");
        await open(file);
      });
    });
}

attempt(async () => {
  if (!supported())
    throw new Error("This browser has no WebAssembly SIMD, which the engine needs; a current one has it.");
  settings = buildSettings(at("settings"), await table(), changed);
  connect();
  document.body.dataset.ready = "";
});
